// What a screen reader is told of a drawing, line by line.
import {cutSentences, groupSentence, sentence} from '../../playground/timeline/sentences.js';

/**
 * @param {import('../../playground/timeline/model.js').Model} model
 * @param {import('../../playground/timeline/draw.js').Drawing} drawing
 */
export function told(model, {rows}) {
  return [...rows.map((row) => (row.group ? groupSentence(row.steps[0].name, row.steps, row.open) : sentence(row.steps[0], model))), ...cutSentences(model)];
}
