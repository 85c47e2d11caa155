// @ts-check
// Completion and hover from the engine's docstrings, and marks for problems. A chunk of its own, loaded when it is needed.
import {autocompletion, completionKeymap} from '@codemirror/autocomplete';
import {pythonLanguage} from '@codemirror/lang-python';
import {lintKeymap, setDiagnostics} from '@codemirror/lint';
import {EditorView, hoverTooltip, keymap, tooltips} from '@codemirror/view';
import {linkTo} from '../../../ui/docs.js';
import {bdi, h} from '../../../ui/dom.js';
import {span} from '../problems/problems.js';

/** @typedef {{name: string, told: string, text: string, arguments: Record<string, string>}} Entry */
/** @typedef {Record<string, Entry[]>} Api entries by what stands before them */
/** @typedef {import('./codemirror.js').CodeMirrorEditor} CodeMirrorEditor */
/** @typedef {import('../problems/problems.js').Problem} Problem */
/** @typedef {{fix: (problem: Problem) => boolean}} Fixer */

// What stands before a name that the API explains, and where its entries are.
/** @type {[RegExp, string][]} */
const PLACES = [
  [/\bstep\.\w*$/, 'step'],
  [/\benv\.WORKFLOWS\.\w*$/, 'env.WORKFLOWS'],
  [/\benv\.\w*$/, 'env'],
  [/\bself\.ctx\.\w*$/, 'self.ctx'],
  [/\bctx\[["']\w*$/, 'ctx'],
  [/\bevent(?:\[["']|\.)\w*$/, 'event'],
];

/** @param {Api} api */
export function assistance(api) {
  return [
    autocompletion({icons: false}),
    pythonLanguage.data.of({autocomplete: (/** @type {import('@codemirror/autocomplete').CompletionContext} */ context) => complete(api, context)}),
    hoverTooltip((view, at) => explain(api, view, at)),
    tooltips({position: 'fixed', parent: document.body}),
    keymap.of([...completionKeymap, ...lintKeymap]),
    EditorView.contentAttributes.of({'aria-autocomplete': 'list'}),
  ];
}

/** @param {Api} api @param {string} before */
export function entriesAt(api, before) {
  const place = PLACES.find(([pattern]) => pattern.test(before));
  return place ? api[place[1]] ?? [] : [];
}

/** @param {Api} api @param {import('@codemirror/autocomplete').CompletionContext} context */
function complete(api, context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const entries = entriesAt(api, before);
  if (!entries.length) return null;
  const typed = /\w*$/.exec(before)?.[0].length ?? 0;
  return {
    from: context.pos - typed, validFor: /^\w*$/,
    options: entries.map((entry) => ({label: entry.name, detail: entry.told.slice(entry.name.length), type: 'function', info: () => told(entry)})),
  };
}

/** @param {Api} api @param {EditorView} view @param {number} at @returns {import('@codemirror/view').Tooltip | null} */
function explain(api, view, at) {
  const word = view.state.wordAt(at);
  if (!word) return null;
  const line = view.state.doc.lineAt(at);
  const name = view.state.sliceDoc(word.from, word.to);
  const entry = entriesAt(api, line.text.slice(0, word.to - line.from)).find((one) => one.name === name);
  if (!entry) return null;
  return {pos: word.from, end: word.to, above: true, create: () => ({dom: h('div', {class: 'doc-tip'}, told(entry))})};
}

/** @param {Entry} entry */
function told(entry) {
  const names = Object.entries(entry.arguments);
  return h('div', null, h('code', null, entry.told), h('p', null, entry.text),
    names.length ? h('dl', null, names.flatMap(([name, text]) => [h('dt', null, name), h('dd', null, text)])) : null);
}

/**
 * Mark problems in the code; each is told on hover, with its fix as a button.
 * @param {CodeMirrorEditor} editor
 * @param {Problem[]} problems
 * @param {Fixer} fixer
 */
export function diagnose(editor, problems, fixer) {
  editor.with((view) => {
    const text = view.state.doc.toString();
    const marks = problems.map((problem) => {
      const {from, to} = span(text, problem);
      const {fix} = problem;
      return {
        from, to: Math.max(from, to), severity: problem.severity, message: problem.message, source: problem.id,
        renderMessage: () => h('span', null, bdi(problem.message), ' ', linkTo(problem.page, problem.id)),
        actions: fix ? [{name: fix.title, apply: () => void fixer.fix(problem)}] : [],
      };
    });
    view.dispatch(setDiagnostics(view.state, marks));
  });
}
