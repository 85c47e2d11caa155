// @ts-check
// A text that cannot be changed, beside what differs from it. A chunk of its own.
import {python} from '@codemirror/lang-python';
import {unifiedMergeView} from '@codemirror/merge';
import {EditorState} from '@codemirror/state';
import {drawSelection, EditorView, lineNumbers} from '@codemirror/view';
import {colours, marks, setMark} from './look.js';

const UNCHANGED = {margin: 4, minSize: 12}; // lines; longer stretches that do not differ are folded

/** @typedef {{line: number, kind: 'current' | 'error'}} Mark */

/**
 * Show a text with its differences from another one: what only it has, and what only the other one has.
 * @param {HTMLElement} home
 * @param {{text: string, against: string | null, label: string, marks?: Mark[], fold?: boolean}} shown
 */
export function showDifference(home, {text, against, label, marks: lines = [], fold = false}) {
  const differs = against !== null && against !== text;
  const view = new EditorView({parent: home, state: EditorState.create({doc: text, extensions: [
    lineNumbers(), drawSelection(), python(), colours, marks, EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({'aria-label': label, 'aria-readonly': 'true', tabindex: '0'}), EditorView.editable.of(false),
    differs ? unifiedMergeView({original: against, mergeControls: false, collapseUnchanged: fold ? UNCHANGED : undefined}) : [],
  ]})});
  view.dispatch({effects: lines.map(({line, kind}) => setMark.of({kind, line}))});
  const [first] = lines;
  if (first) view.dispatch({effects: EditorView.scrollIntoView(view.state.doc.line(Math.min(first.line, view.state.doc.lines)).from, {y: 'center'})});
  return view;
}
