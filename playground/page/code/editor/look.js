// @ts-check
// How code looks: the colours of the tokens, and lines that are marked.
import {HighlightStyle, syntaxHighlighting} from '@codemirror/language';
import {StateEffect, StateField} from '@codemirror/state';
import {Decoration, EditorView} from '@codemirror/view';
import {tags} from '@lezer/highlight';

/** @typedef {'current' | 'error'} MarkKind */

export const colours = syntaxHighlighting(HighlightStyle.define([
  {tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword, tags.self, tags.null, tags.bool], class: 'tok-keyword'},
  {tag: [tags.string, tags.special(tags.string)], class: 'tok-string'},
  {tag: tags.number, class: 'tok-number'},
  {tag: tags.meta, class: 'tok-decorator'},
  {tag: tags.comment, class: 'tok-comment'},
]));

/** @type {import('@codemirror/state').StateEffectType<{kind: MarkKind, line: number | null}>} */
export const setMark = StateEffect.define();

export const marks = StateField.define({
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
