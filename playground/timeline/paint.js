// @ts-check
// Shapes become SVG. Colours come from the tokens through classes.
import {h, s} from '../ui/dom.js';
import {icon, iconPath} from '../ui/icons.js';
import {breakAt} from './axis.js';
import {LETTER} from './cuts.js';
import {BAR, ROW} from './draw.js';

/** @typedef {import('./draw.js').Shape} Shape */
/** @typedef {import('./cuts.js').Cut} Cut */
/** @typedef {import('./axis.js').Axis} Axis */

const TOP = (ROW - BAR) / 2;
const MIDDLE = ROW / 2;
const HATCH = 12;

/**
 * Paint the track of one row.
 * @param {Shape[]} shapes
 * @param {number} width
 * @returns {SVGElement}
 */
export function paintTrack(shapes, width) {
  return s('svg', {class: 'tl-svg', width, height: ROW, viewBox: `0 0 ${width} ${ROW}`, 'aria-hidden': 'true'},
    ...shapes.flatMap((shape) => paint(shape)));
}

/** @param {Shape} shape @returns {SVGElement[]} */
function paint(shape) {
  const {x, width} = shape;
  const tone = `tone-${shape.tone ?? 'muted'}`;
  switch (shape.type) {
    case 'attempt':
      return attempt(shape, tone);
    case 'live':
      return [s('rect', {class: `tl-live ${tone}`, x, y: TOP, width: 1, height: BAR, 'data-x': x})];
    case 'sleep':
    case 'wait':
      return [s('path', {class: `tl-${shape.type} ${tone}`, d: box(x + 0.75, TOP + 0.75, Math.max(2, width - 1.5), BAR - 1.5, shape.tail === 'ragged')})];
    case 'delay':
      return [s('line', {class: `tl-delay ${tone}`, x1: x, x2: x + width, y1: MIDDLE, y2: MIDDLE})];
    case 'text':
      return [s('text', {class: `tl-text ${shape.tail === 'open' ? 'tl-inside ' : ''}${tone}`, x, y: MIDDLE + 4}, shape.text)];
    case 'cross':
      return [shape.tail ? s('circle', {class: 'tl-cover', cx: x, cy: MIDDLE, r: 7}) : null, s('path', {class: `tl-mark ${tone}`, d: `M${x - 3.5} ${MIDDLE - 3.5}l7 7m0-7l-7 7`})].filter((one) => one !== null);
    case 'ring':
      return [s('circle', {class: `tl-mark tl-ring ${tone}`, cx: x, cy: MIDDLE, r: 4})];
    case 'stop':
      return [s('path', {class: `tl-mark ${tone}`, d: `M${x} ${TOP - 2}v${BAR + 4}`})];
    case 'moon':
    case 'envelope':
      return [s('path', {
        class: `tl-glyph ${tone}`, transform: `translate(${x + 1} ${MIDDLE - 5}) scale(0.625)`, d: iconPath(shape.type === 'moon' ? 'sleeping' : 'waiting'),
      })];
    case 'break':
      return [s('path', {class: 'tl-cover', d: `M${x - 4} ${ROW - 7}l4-18h4l-4 18z`}), s('path', {class: `tl-mark ${tone}`, d: `M${x - 4} ${ROW - 8}l3.5-16M${x} ${ROW - 8}l3.5-16`})];
    case 'skip':
      return [s('rect', {class: 'tl-cover', x: x - 9, y: TOP - 1, width: 18, height: BAR + 2}), s('path', {class: `tl-mark ${tone}`, d: chevrons(x, MIDDLE)})];
    case 'kept':
      return [s('path', {class: 'tl-kept', transform: `translate(${x - 6} ${MIDDLE - 6}) scale(0.75)`, d: iconPath('kept')})];
    case 'density':
      return [s('rect', {class: `tl-density ${tone}`, x, y: TOP, width, height: BAR, opacity: shape.text})];
  }
}

/** @param {Shape} shape @param {string} tone */
function attempt({x, width, tail}, tone) {
  if (tail === 'plain') return [s('rect', {class: `tl-bar ${tone}`, x, y: TOP, width, height: BAR, rx: Math.min(3, width / 2)})];
  const hatch = Math.min(HATCH, width * 0.6);
  const solid = width - hatch;
  if (tail === 'open') return [s('path', {class: `tl-bar ${tone}`, d: `M${x} ${TOP}h${width}l-3 3 3 3-3 3 3 3h${-width}z`})];
  const end = tail === 'ragged' ? ragged(x + solid, hatch) : `M${x + solid} ${TOP}h${hatch}v${BAR}h${-hatch}z`;
  const lines = [];
  for (let at = 2; at < hatch + BAR; at += 4) lines.push(stroke(x + solid, at, hatch));
  return [
    s('path', {class: `tl-bar ${tone}`, d: `M${x + 3} ${TOP}H${x + solid}v${BAR}H${x + 3}a3 3 0 0 1-3-3v${6 - BAR}a3 3 0 0 1 3-3z`}),
    s('path', {class: `tl-hatch-ground ${tone}`, d: end}),
    s('path', {class: `tl-hatch ${tone}`, d: lines.join('')}),
  ];
}

/**
 * One diagonal of a hatch, clipped to its box.
 * @param {number} left
 * @param {number} at
 * @param {number} width
 */
function stroke(left, at, width) {
  const from = Math.max(0, at - BAR);
  const to = Math.min(width, at);
  return to > from ? `M${left + from} ${TOP + at - from}L${left + to} ${TOP + at - to}` : '';
}

/** @param {number} x @param {number} width */
function ragged(x, width) {
  const tooth = Math.min(3, width / 2);
  return `M${x} ${TOP}h${width}l${-tooth} 3l${tooth} 3l${-tooth} 3l${tooth} 3h${-width}z`;
}

/** A box whose right side is open while what it stands for goes on. @param {number} x @param {number} y @param {number} w @param {number} ht @param {boolean} open */
function box(x, y, w, ht, open) {
  const r = Math.min(3, w / 2);
  return `M${x + w} ${y}H${x + r}a${r} ${r} 0 0 0 ${-r} ${r}v${ht - 2 * r}a${r} ${r} 0 0 0 ${r} ${r}H${x + w}${open ? '' : 'z'}`;
}

/** @param {number} x @param {number} y */
function chevrons(x, y) {
  return `M${x - 5} ${y - 4}l4 4l-4 4M${x + 1} ${y - 4}l4 4l-4 4`;
}

const AXIS = 24; // px
const LINE = 12; // px of one more line of lengths, where they stand too close to each other

/**
 * Paint the axis: ticks, lengths of what is compressed, and a line that breaks there.
 * @param {Axis} axis
 * @returns {SVGElement}
 */
export function paintAxis(axis) {
  const ticks = inLines(axis);
  const more = ticks.reduce((most, one) => Math.max(most, one.line), 0) * LINE;
  const svg = s('svg', {class: 'tl-svg', width: axis.width, height: AXIS + more, viewBox: `0 ${-more} ${axis.width} ${AXIS + more}`, 'aria-hidden': 'true'}, ...rules(axis));
  for (const {tick, x, line} of ticks) {
    svg.append(s('text', {class: tick.gap ? `tl-tick tl-length tl-length-${tick.gap}` : 'tl-tick', x, y: LINE - line * LINE, 'text-anchor': tick.anchor}, tick.label));
    if (!tick.gap) svg.append(s('line', {class: 'tl-rule', x1: tick.x, x2: tick.x, y1: 18, y2: 21.5}));
  }
  return svg;
}

/** The line of the axis, broken where time is compressed. @param {Axis} axis */
function rules(axis) {
  /** @type {SVGElement[]} */
  const parts = [];
  let from = 0;
  for (const segment of axis.segments) {
    if (segment.kind !== 'gap' && segment.kind !== 'skip') continue;
    const x = breakAt(segment);
    parts.push(s('line', {class: 'tl-rule', x1: from, x2: Math.max(from, x - 8), y1: 21.5, y2: 21.5}));
    parts.push(s('path', {class: 'tl-break', d: segment.kind === 'skip' ? chevrons(x, 20) : `M${x - 3.5} 24l3-7M${x + 0.5} 24l3-7`}, s('title', {}, segment.label)));
    from = x + 8;
  }
  return [...parts, s('line', {class: 'tl-rule', x1: from, x2: axis.width, y1: 21.5, y2: 21.5})];
}

/** Every length is named: those that would touch stand above each other. @param {Axis} axis */
function inLines(axis) {
  /** @type {number[]} */
  const ends = [];
  return axis.ticks.map((tick) => {
    if (!tick.gap) return {tick, x: tick.x, line: 0};
    const half = (tick.label.length * LETTER) / 2;
    const x = Math.max(half, Math.min(tick.x, axis.width - half));
    let line = ends.findIndex((end) => end <= x - half);
    if (line < 0) line = ends.length;
    ends[line] = x + half + 4;
    return {tick, x, line};
  });
}

/**
 * Paint the bands of outages and pauses, and the lines of kills, through all rows.
 * @param {Cut[]} cuts
 * @param {number} width
 * @returns {SVGElement}
 */
export function paintCuts(cuts, width) {
  return s('svg', {class: 'tl-overlay', width, height: '100%', 'aria-hidden': 'true'}, ...cuts.flatMap((cut) => {
    const tone = `tone-${toneOf(cut)}`;
    const band = cut.kind === 'restart' ? [] : [s('rect', {class: `tl-band ${tone}`, x: cut.x, y: 0, width: Math.max(2, cut.width), height: '100%'})];
    const line = cut.kind === 'pause' ? [] : [s('line', {class: `tl-cut tl-cut-${cut.kind} ${tone}`, x1: cut.x, x2: cut.x, y1: 0, y2: '100%'})];
    return [...band, ...line];
  }));
}

/** @param {Cut} cut */
export function toneOf({kind}) {
  return kind === 'kill' ? 'fail' : 'muted';
}

/** @type {Record<import('./cuts.js').CutKind, import('../ui/icons.js').IconName>} */
const ICONS = {kill: 'kill', closed: 'away', pause: 'paused', restart: 'kept'};

/**
 * The words below the rows: which line is which.
 * @param {Cut[]} cuts
 */
export function paintLabels(cuts) {
  return cuts.map((cut) => h('div', {class: `tl-cut-label tone-${toneOf(cut)}`, style: `--x:${cut.labelX}px;--lane:${cut.lane}`},
    icon(ICONS[cut.kind]), h('span', null, cut.text)));
}
