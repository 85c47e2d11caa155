// @ts-check
// CodeMirror 6 with Python in the colours of the tokens. Loaded after the first paint.
import {defaultKeymap, history, historyKeymap, indentWithTab} from '@codemirror/commands';
import {python} from '@codemirror/lang-python';
import {bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting} from '@codemirror/language';
import {Compartment, EditorSelection, EditorState, StateEffect, StateField} from '@codemirror/state';
import {Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers} from '@codemirror/view';
import {tags} from '@lezer/highlight';

/** @typedef {import('./plain.js').Editor} Editor */
/** @typedef {'current' | 'error'} MarkKind */

const PADDING = 4; // px above the first line, as in editor.css

const colours = HighlightStyle.define([
  {tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword, tags.self, tags.null, tags.bool], class: 'tok-keyword'},
  {tag: [tags.string, tags.special(tags.string)], class: 'tok-string'},
  {tag: tags.number, class: 'tok-number'},
  {tag: tags.meta, class: 'tok-decorator'},
  {tag: tags.comment, class: 'tok-comment'},
]);

/** @type {import('@codemirror/state').StateEffectType<{kind: MarkKind, line: number | null}>} */
const setMark = StateEffect.define();

const marks = StateField.define({
  create: () => Decoration.none,
  update(lines, transaction) {
    let next = lines.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue;
      const {kind, line} = effect.value;
      next = next.update({filter: (_from, _to, value) => value.spec.kind !== kind});
      if (line !== null && line >= 1 && line <= transaction.state.doc.lines) {
        const mark = Decoration.line({class: `mark-${kind}`, kind});
        next = next.update({add: [mark.range(transaction.state.doc.line(line).from)]});
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** @implements {Editor} */
export class CodeMirrorEditor {
  /** @type {EditorView} */ #view;
  /** @type {(() => void)[]} */ #listeners = [];
  #attributes = new Compartment();

  /**
   * Take a text area's place: text, selection, scroll and focus stay what they are.
   * @param {HTMLElement} home
   * @param {HTMLTextAreaElement} area
   * @param {HTMLElement} numbers
   */
  constructor(home, area, numbers) {
    const label = area.getAttribute('aria-label') ?? '';
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
      state: EditorState.create({
        doc,
        selection: EditorSelection.single(Math.min(anchor, area.value.length), Math.min(head, area.value.length)),
        extensions: [
          lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
          python(), indentUnit.of('    '), syntaxHighlighting(colours), marks,
          keymap.of([...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'), ...historyKeymap, indentWithTab]),
          this.#attributes.of(EditorView.contentAttributes.of(named(label))),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) for (const listener of this.#listeners) listener();
          }),
        ],
      }),
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
    const old = this.text;
    if (old === text) return;
    let from = 0;
    while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
    let end = 0;
    while (end < old.length - from && end < text.length - from && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    this.#view.dispatch({changes: {from, to: old.length - end, insert: text.slice(from, text.length - end)}});
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

  /** @param {string} label */
  name(label) {
    this.#view.dispatch({effects: this.#attributes.reconfigure(EditorView.contentAttributes.of(named(label)))});
  }
}

/** @param {string} label */
function named(label) {
  return {'aria-label': label, spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off'};
}
