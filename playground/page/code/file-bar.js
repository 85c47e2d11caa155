// @ts-check
// The bar above the code: the file's menu, dialogs for names, files that are dropped, and the tree once there are two.
import {show} from '../../ui/dialog.js';
import {$, h} from '../../ui/dom.js';
import {attachMenu} from '../../ui/menu.js';
import {notify} from '../../ui/notices.js';
import {files as words} from '../../words/index.js';
import {FileError, Files} from './files.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('../../ui/menu.js').Item} Item */

/**
 * @param {Workspace} workspace
 * @param {{versions: () => void, keep: () => void, problems: (path: string) => number}} acts
 * @returns {{update: () => void, groups: () => import('../../ui/menu.js').Group[]}} `update` tells the tree that numbers of
 *   problems changed; `groups` are for another menu while there is one file, which has none of its own
 */
export function attachFileBar(workspace, {versions, keep, problems}) {
  const files = new Files(workspace);
  const add = () => {
    let added = false;
    askName(words.addShort, words.addNow, '', (path) => {
      files.add(path);
      added = true;
    }).addEventListener('close', () => added && workspace.editor.focus());
  };
  /** @param {string} path @param {(path: string) => void} [closed] */
  const rename = (path, closed) => {
    let name = path;
    askName(words.renameTitle, words.renameNow, path, (to) => {
      files.rename(path, to);
      name = to;
    }).addEventListener('close', () => closed?.(name));
  };
  const remove = (/** @type {string} */ path) => tell(() => files.remove(path));
  const several = () => Object.keys(workspace.files).length > 1;
  const groups = () => {
    const {file, main} = workspace;
    const own = several();
    /** @type {(Item | false)[]} */
    const acts = [
      {label: words.add, act: add}, {label: words.rename, act: () => rename(file), end: own ? 'F2' : ''},
      own && file !== main && {label: words.remove, act: () => remove(file)},
      own && file !== main && file.endsWith('.py') && {label: words.runs, act: () => files.runFrom(file)},
    ];
    return [{items: acts.filter((item) => item !== false)}, {items: [{label: words.versions, act: versions}, {label: words.keep, act: keep}]}];
  };
  attachMenu($('#file-button'), groups);
  attachDrop(files);
  const tree = lazyTree(workspace, {add, rename, remove, problems});
  const update = () => {
    $('#file-button').hidden = !several();
    tree.update();
  };
  workspace.addEventListener('opened', update);
  return {update: tree.update, groups: () => several() ? [] : [{caption: workspace.file, items: groups().flatMap(({items}) => items)}]};
}

/** @param {Workspace} workspace @param {import('./tree.js').Acts} acts */
function lazyTree(workspace, acts) {
  /** @type {import('./tree.js').FileTree | null} */ let tree = null;
  let asked = false;
  const update = async () => {
    if (tree) tree.update();
    else if (!asked && Object.keys(workspace.files).length > 1) {
      asked = true;
      const {FileTree} = await import('./tree.js');
      tree = new FileTree($('#files'), workspace, acts);
    }
  };
  return {update: () => void update()};
}

/** @param {Files} files */
function attachDrop(files) {
  const pane = $('#code-pane');
  const mine = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  const over = (/** @type {boolean} */ on) => pane.classList.toggle('dropping', on);
  pane.dataset.drop = words.drop;
  pane.addEventListener('dragover', (event) => {
    if (!mine(event)) return;
    event.preventDefault();
    over(true);
  });
  pane.addEventListener('dragleave', (event) => pane.contains(/** @type {Node | null} */ (event.relatedTarget)) || over(false));
  pane.addEventListener('drop', (event) => {
    over(false);
    const given = [...event.dataTransfer?.files ?? []];
    if (!given.length || given.some(({name}) => name.endsWith('.workflow'))) return; // a whole project: not a file of this one
    event.preventDefault();
    event.stopPropagation();
    void files.upload(given).catch(refused);
  }, {capture: true});
}

/** @param {string} title @param {string} verb @param {string} before @param {(name: string) => void} act */
function askName(title, verb, before, act) {
  const field = h('input', {class: 'field', id: 'file-name', type: 'text', value: before, spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', 'aria-describedby': 'file-problem'});
  const problem = h('p', {id: 'file-problem', class: 'tone-fail problem-text', role: 'alert'});
  const submit = () => {
    try {
      act(field.value.trim());
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      problem.textContent = error.message;
      field.focus();
      return false;
    }
  };
  const dialog = show(title, [h('label', {for: 'file-name'}, words.name), field, h('p', {class: 'muted hint'}, words.example), problem], verb, submit);
  dialog.classList.add('naming');
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    if (submit()) dialog.close();
  });
  field.focus();
  const stem = before.lastIndexOf('.');
  field.setSelectionRange(before.lastIndexOf('/') + 1, stem > 0 ? stem : before.length);
  return dialog;
}

/** @param {() => void} act */
function tell(act) {
  try {
    act();
  } catch (error) {
    refused(error);
  }
}

/** @param {unknown} error */
function refused(error) {
  if (!(error instanceof FileError)) throw error;
  notify('files', {text: error.message, tone: 'wait'});
}
