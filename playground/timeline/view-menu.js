// @ts-check
// The menu over the labels: bars or table, to scale, which clock, which steps, and the run itself.
import {h} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {attachMenu} from '../ui/menu.js';
import {timeline as words} from '../words/index.js';

/** @typedef {import('./element.js').WorkflowTimeline} WorkflowTimeline */
/** @typedef {import('../ui/menu.js').Item} Item */

/**
 * The button with the menu of a timeline.
 * @param {WorkflowTimeline} timeline
 */
export function attachView(timeline) {
  const button = h('button', {type: 'button', class: 'button plain small tl-view', 'aria-haspopup': 'menu', 'aria-expanded': 'false'}, words.view, icon('chevron'));
  attachMenu(button, () => groups(timeline));
  return button;
}

/** @param {WorkflowTimeline} timeline */
function groups(timeline) {
  const {rail, filter} = timeline;
  return [
    ...(rail ? [] : drawn(timeline)),
    {caption: words.which, items: [
      choice(words.failedOnly, filter.failedOnly, () => filter.set({failedOnly: !filter.failedOnly})),
      {label: words.findMenu, act: () => filter.ask()},
    ]},
    {caption: words.whole, items: [{label: words.inspectRun, act: () => timeline.inspect()}]},
  ];
}

/** @param {WorkflowTimeline} timeline */
function drawn(timeline) {
  const {as, clock, toScale} = timeline.look;
  const bars = as === 'bars' ? [choice(words.toScale, toScale, () => { timeline.look = {toScale: !toScale}; })] : [];
  return [
    {caption: words.asWhat, items: [
      choice(words.bars, as === 'bars', () => { timeline.look = {as: 'bars'}; }),
      choice(words.table, as === 'table', () => { timeline.look = {as: 'table'}; }),
      ...bars,
    ]},
    {caption: words.clock, items: [
      choice(words.runClock, clock === 'run', () => { timeline.look = {clock: 'run'}; }),
      choice(words.wallClock, clock === 'wall', () => { timeline.look = {clock: 'wall'}; }),
    ]},
  ];
}

/** @param {string} label @param {boolean} checked @param {() => void} act @returns {Item} */
function choice(label, checked, act) {
  return {label, checked, act};
}
