// @ts-check
// CodeMirror 6 with Python in the colours of the tokens. Loaded after the first paint.
import {defaultKeymap, history, historyField, historyKeymap, indentWithTab} from '@codemirror/commands';
import {python} from '@codemirror/lang-python';
import {bracketMatching, indentOnInput, indentUnit} from '@codemirror/language';
import {Compartment, EditorSelection, EditorState, Prec} from '@codemirror/state';
import {drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers} from '@codemirror/view';
import {colours, marks, setMark} from './look.js';

/** Keys between Escape and Tab that change nothing. */
const STILL = new Set(['Escape', 'Tab', 'Shift', 'Control', 'Alt', 'Meta']);

/** Escape, then Tab leaves the editor, however late and also when Escape has closed a list of completions. */
const leaving = Prec.highest(EditorView.domEventHandlers({
  keydown: (event, view) => {
    if (!STILL.has(event.key)) view.setTabFocusMode(false);
    else if (event.key === 'Escape') view.setTabFocusMode(true);
    return false;
  },
  focus: (_, view) => {
    view.setTabFocusMode(false);
    return false;
  },
}));

/** @typedef {import('./plain.js').Editor} Editor */
/** @typedef {import('./look.js').MarkKind} MarkKind */
/** @typedef {{state: EditorState, scroll: import('@codemirror/state').StateEffect<any>}} Document */

const PADDING = 4; // px above the first line, as in editor.css
const UNDO_DEPTH = 200; // changes

/** @implements {Editor} */
export class CodeMirrorEditor {
  /** @type {EditorView} */ #view;
  /** @type {(() => void)[]} */ #listeners = [];
  /** @type {Map<string, Document>} those that are not shown */ #others = new Map();
  #attributes = new Compartment();
  #extras = new Compartment();
  /** @type {import('@codemirror/state').Extension} */ #extra = [];
  #key = '';
  #label = '';

  /**
   * Take a text area's place: text, selection, scroll and focus stay what they are.
   * @param {HTMLElement} home
   * @param {HTMLTextAreaElement} area
   * @param {HTMLElement} numbers
   * @param {string} key of the document in it
   */
  constructor(home, area, numbers, key) {
    this.#key = key;
    this.#label = area.getAttribute('aria-label') ?? '';
    const backward = area.selectionDirection === 'backward';
    const focused = document.activeElement === area;
    const {scrollTop, scrollLeft} = area;
    const top = Math.max(0, scrollTop - PADDING);
    const height = Number.parseFloat(getComputedStyle(area).lineHeight);
    const line = Math.floor(top / height);
    const [anchor, head] = backward ? [area.selectionEnd, area.selectionStart] : [area.selectionStart, area.selectionEnd];
    const doc = EditorState.create({doc: area.value}).doc;
    const first = doc.line(Math.min(doc.lines, line + 1)).from;
    this.#view = new EditorView({
      scrollTo: scrollTop ? EditorView.scrollIntoView(first, {y: 'start', yMargin: line * height - top, x: 'nearest'}) : undefined,
      state: this.#created(doc, EditorSelection.single(Math.min(anchor, area.value.length), Math.min(head, area.value.length))),
    });
    home.append(this.#view.dom);
    area.hidden = true;
    numbers.hidden = true;
    this.#view.coordsAtPos(0); // measures now, so that it does not scroll later
    this.#view.scrollDOM.scrollLeft = scrollLeft;
    if (focused) this.#view.contentDOM.focus({preventScroll: true});
    area.id = 'source-before';
    area.remove();
    numbers.remove();
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  set text(text) {
    const changes = difference(this.text, text);
    if (changes) this.#view.dispatch({changes});
  }

  /** @param {string} key @param {string} text */
  open(key, text) {
    if (key !== this.#key) {
      this.#others.set(this.#key, {state: this.#view.state, scroll: this.#view.scrollSnapshot()});
      const known = this.#others.get(key);
      this.#others.delete(key);
      this.#key = key;
      this.#view.setState(known?.state ?? this.#created(text));
      this.#view.dispatch({effects: [
        this.#attributes.reconfigure(named(this.#label)), this.#extras.reconfigure(this.#extra),
        known?.scroll ?? EditorView.scrollIntoView(0),
      ]});
    }
    this.text = text;
  }

  /** @param {string} from @param {string} to */
  rename(from, to) {
    if (this.#key === from) this.#key = to;
    const known = this.#others.get(from);
    if (!known) return;
    this.#others.delete(from);
    this.#others.set(to, known);
  }

  /** The document with what was done to it last, as JSON has it: what `remember` takes. */
  history() {
    const {doc, history: {done, undone}} = this.#view.state.toJSON({history: historyField});
    return {doc, history: {done: done.slice(-UNDO_DEPTH), undone: undone.slice(-UNDO_DEPTH)}};
  }

  /**
   * Let what was done to the document before it was opened here be undone; what was typed since is one more change.
   * @param {{doc: string, history: object}} kept
   */
  remember({doc, history: before}) {
    const {text} = this;
    const {main} = this.#view.state.selection;
    const selection = EditorSelection.single(0).toJSON();
    try {
      const state = EditorState.fromJSON({doc, selection, history: before}, {extensions: this.#extensions()}, {history: historyField});
      const changes = difference(doc, text);
      this.#view.setState(changes ? state.update({changes}).state : state);
    } catch {
      return; // kept by another release: the text is what counts
    }
    this.#view.dispatch({selection: {anchor: main.anchor, head: main.head}, effects: this.#extras.reconfigure(this.#extra)});
  }

  /** Add extensions that were loaded later: to every document. @param {import('@codemirror/state').Extension} extension */
  extend(extension) {
    this.#extra = extension;
    this.#view.dispatch({effects: this.#extras.reconfigure(extension)});
  }

  /** @param {(view: EditorView) => void} act */
  with(act) {
    act(this.#view);
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  focus() {
    this.#view.focus();
  }

  /** @param {number | null} line @param {MarkKind} kind */
  mark(line, kind) {
    this.#view.dispatch({effects: setMark.of({kind, line})});
  }

  /** @param {number} line */
  reveal(line) {
    const {doc} = this.#view.state;
    const {from} = doc.line(Math.max(1, Math.min(line, doc.lines)));
    this.#view.dispatch({effects: EditorView.scrollIntoView(from, {y: 'nearest', yMargin: 40})});
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    const {length} = this.#view.state.doc;
    this.#view.dispatch({selection: EditorSelection.single(Math.min(from, length), Math.min(to, length)), effects: EditorView.scrollIntoView(from, {y: 'center'})});
    this.#view.focus();
  }

  /** @param {string} label */
  name(label) {
    this.#label = label;
    this.#view.dispatch({effects: this.#attributes.reconfigure(named(label))});
  }

  /** @param {import('@codemirror/state').Text | string} doc @param {EditorSelection} [selection] */
  #created(doc, selection) {
    return EditorState.create({doc, selection, extensions: this.#extensions()});
  }

  /** @returns {import('@codemirror/state').Extension[]} */
  #extensions() {
    return [
      lineNumbers(), history({minDepth: UNDO_DEPTH}), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
      python(), indentUnit.of('    '), colours, marks,
      this.#extras.of(this.#extra),
      leaving,
      keymap.of([...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'), ...historyKeymap, indentWithTab]),
      this.#attributes.of(named(this.#label)),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) for (const listener of this.#listeners) listener();
      }),
    ];
  }
}

/** The one change that makes a text another, or null. @param {string} old @param {string} text */
function difference(old, text) {
  if (old === text) return null;
  let from = 0;
  while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
  let end = 0;
  while (end < old.length - from && end < text.length - from && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
  return {from, to: old.length - end, insert: text.slice(from, text.length - end)};
}

/** @param {string} label */
function named(label) {
  return EditorView.contentAttributes.of({'aria-label': label, tabindex: '0', spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off'});
}
