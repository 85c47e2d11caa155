// @ts-check
// Adds, renames and deletes files of the project. Each of these can be taken back for ten seconds.
import {buttons, files as words} from '../../words/index.js';
import {visible} from '../../ui/text.js';
import {notify} from '../../ui/notices.js';

const FILES_MAX = 200; // as the engine has it
const FILE_BYTES = 1 << 20;
const PATH_LENGTH = 200;
const UNDO_MS = 10_000;
const PART = /^[\p{L}\p{N}_.-]*[\p{L}\p{N}_-][\p{L}\p{N}_.-]*$/u; // not of dots alone

/** @typedef {import('./workspace.js').Workspace} Workspace */

/** A file cannot be what it was asked to be. */
export class FileError extends Error {}

export class Files {
  /** @type {Workspace} */ #workspace;

  /** @param {Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
  }

  /** Add an empty file and open it. @param {string} path @throws {FileError} */
  add(path) {
    this.#check(path);
    const {files} = this.#workspace;
    if (Object.keys(files).length >= FILES_MAX) throw new FileError(words.tooMany);
    this.#workspace.rearrange({...files, [path]: ''}, {open: path});
  }

  /** @param {string} from @param {string} to @throws {FileError} */
  rename(from, to) {
    if (from === to) return;
    this.#check(to);
    const {files, main, file, editor} = this.#workspace;
    if (from === main && !to.endsWith('.py')) throw new FileError(words.mainPython);
    const undo = this.#undo([from, to]);
    const renamed = Object.fromEntries(Object.entries(files).map(([path, text]) => [path === from ? to : path, text]));
    editor.rename(this.#workspace.key(from), this.#workspace.key(to));
    this.#workspace.rearrange(renamed, {open: file === from ? to : file, main: main === from ? to : main});
    this.#offer(words.renamed(visible(to)), () => {
      editor.rename(this.#workspace.key(to), this.#workspace.key(from));
      undo();
    });
  }

  /** @param {string} path @throws {FileError} */
  remove(path) {
    const {files, main} = this.#workspace;
    if (path === main) throw new FileError(words.isMain(visible(path)));
    const undo = this.#undo([path]);
    const {[path]: _, ...rest} = files;
    this.#workspace.rearrange(rest);
    this.#offer(words.removed(visible(path)), undo);
  }

  /** Let another file be the one that runs. @param {string} path */
  runFrom(path) {
    this.#workspace.rearrange(this.#workspace.files, {main: path});
  }

  /** Take files from outside; those of the same name are replaced. @param {File[]} given @throws {FileError} */
  async upload(given) {
    const fresh = Object.fromEntries(await Promise.all(given.map(textOf)));
    const {files} = this.#workspace;
    const names = Object.keys(fresh);
    if (Object.keys({...files, ...fresh}).length > FILES_MAX) throw new FileError(words.tooMany);
    const undo = this.#undo(names);
    const replaced = names.some((name) => name in files);
    this.#workspace.rearrange({...files, ...fresh}, {open: names[0]});
    this.#offer((replaced ? words.replaced : words.added)(names.length, visible(names[0])), undo);
  }

  /** @param {string} path */
  #check(path) {
    if (!isPath(path)) throw new FileError(words.badName);
    const taken = Object.keys(this.#workspace.files).some((other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`));
    if (taken) throw new FileError(words.taken(visible(path)));
  }

  /**
   * What puts back the files that are about to change. What is typed into others until then stays.
   * @param {string[]} changed their paths, also of those that are about to be added
   */
  #undo(changed) {
    const {files: before, main, file: open, tenant, name} = this.#workspace;
    return () => {
      if (this.#workspace.tenant !== tenant || this.#workspace.name !== name) return;
      const rest = Object.entries(this.#workspace.files).filter(([path]) => !changed.includes(path));
      const back = Object.entries(before).filter(([path]) => changed.includes(path));
      this.#workspace.rearrange(Object.fromEntries([...rest, ...back]), {open, main});
    };
  }

  /** @param {string} text @param {() => void} act */
  #offer(text, act) {
    notify('files', {text, actions: [{label: buttons.undo, act}], for: UNDO_MS});
  }
}

/** @param {string} path */
export function isPath(path) {
  return path.length > 0 && path.length <= PATH_LENGTH && path.split('/').every((part) => PART.test(part));
}

/** @param {File} file @returns {Promise<[string, string]>} */
async function textOf(file) {
  const path = file.webkitRelativePath || file.name;
  if (!isPath(path)) throw new FileError(`${visible(path)}: ${words.badName}`);
  if (file.size > FILE_BYTES) throw new FileError(words.tooLarge(path));
  try {
    return [path, new TextDecoder('utf-8', {fatal: true}).decode(await file.arrayBuffer()).replaceAll('\r\n', '\n')];
  } catch {
    throw new FileError(words.notText(path));
  }
}
