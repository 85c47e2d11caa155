// @ts-check
// One scale for all segments; idle stretches that would eat the width are drawn 48 px wide and named.
import {duration} from '../ui/format.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Skip} Skip */

export const GAP = 48;
const SHARE = 0.15; // an idle interval wider than this share of the width is compressed
const TICK_ROOM = 56; // px between two ticks
const CHARACTER = 6.4; // px of a 12 px tabular figure, to keep labels apart
const BREAK = 0.6; // where in a gap its mark stands: right of the kind's icon on a bar that begins there
const LIVE_DOMAIN = 15_000; // ms over the width of a live axis; it grows in steps of half, so that little moves

/**
 * @typedef {object} Segment
 * @property {'scale' | 'gap' | 'skip' | 'tail'} kind
 * @property {number} from
 * @property {number} to
 * @property {number} x
 * @property {number} width
 * @property {number} length milliseconds it stands for: what was skipped, though the wall clock did not move
 * @property {string} label the true length of what is compressed
 */

/** @typedef {{x: number, label: string, anchor: 'start' | 'middle' | 'end', gap: Segment['kind'] | null}} Tick */

/**
 * @typedef {object} Axis
 * @property {number} width
 * @property {number} scale px per millisecond
 * @property {Segment[]} segments
 * @property {Tick[]} ticks
 * @property {number} domain milliseconds a live axis has room for; give it back with the next layout
 * @property {boolean} idle the live end belongs to a sleep, a wait or a retry
 */

/**
 * Lay time out over a width.
 * @param {Model} model
 * @param {number} width
 * @param {{toScale?: boolean, domain?: number, reserve?: number}} [view] `reserve` is what is kept free at the live end
 * @returns {Axis}
 */
export function layOut(model, width, {toScale = false, domain = 0, reserve = 0} = {}) {
  const pieces = cut(model);
  const last = pieces.at(-1);
  const idle = model.live && last !== undefined && last.kind === 'gap' && !model.outages.some((one) => one.open);
  if (idle) /** @type {Segment} */ (last).kind = 'tail';
  const scaling = new Scaling(width, Math.min(reserve, width / 2), model.live ? Math.max(domain, LIVE_DOMAIN) : 0);
  const narrow = compress(pieces, scaling, toScale);
  const total = toScaleTime(pieces, narrow);
  const {scale, gap} = scaling.fit(total, narrow.size);
  const segments = place(pieces, narrow, scale, gap);
  return {width, scale, segments, ticks: ticks(segments, model, scale, width), domain: scaling.domain, idle};
}

/**
 * Give the pieces their places; neighbours to scale become one.
 * @param {Segment[]} pieces
 * @param {Set<Segment>} narrow
 * @param {number} scale
 * @param {number} gap
 */
function place(pieces, narrow, scale, gap) {
  /** @type {Segment[]} */
  const segments = [];
  let x = 0;
  for (const piece of pieces) {
    const before = segments.at(-1);
    const small = narrow.has(piece);
    piece.x = x;
    piece.width = small ? gap : (piece.to - piece.from) * scale;
    if (small && piece.kind !== 'tail') piece.label = duration(piece.length);
    if (!small) piece.kind = 'scale';
    x += piece.width;
    if (!small && before?.kind === 'scale' && before.to === piece.from) extend(before, piece);
    else segments.push(piece);
  }
  return segments;
}

/** @param {Segment} before @param {Segment} piece */
function extend(before, piece) {
  before.to = piece.to;
  before.length += piece.length;
  before.width += piece.width;
}

/** Finds the one scale: exact for what has ended, roomy and in steps for what lives. */
class Scaling {
  /** @param {number} width @param {number} reserve @param {number} domain 0 for a run that has ended */
  constructor(width, reserve, domain) {
    this.width = width;
    this.reserve = reserve;
    this.domain = domain;
  }

  /** @param {number} total @param {number} gaps */
  fit(total, gaps) {
    const gap = gaps === 0 ? GAP : total === 0 && !this.domain ? this.width / gaps : Math.min(GAP, (this.width * 0.75) / gaps);
    if (!this.domain) return {gap, scale: total > 0 ? (this.width - gap * gaps) / total : 0};
    const room = Math.max(this.width * 0.2, this.width - this.reserve - gap * gaps);
    while ((total * 1.04 * this.width) / this.domain > room) this.domain *= 1.5;
    return {gap, scale: this.width / this.domain};
  }
}

/** @param {Segment[]} pieces @param {Set<Segment>} narrow */
function toScaleTime(pieces, narrow) {
  return pieces.reduce((sum, one) => sum + (narrow.has(one) ? 0 : one.to - one.from), 0);
}

/**
 * Where a moment stands on the axis.
 * @param {Axis} axis
 * @param {number} t
 */
export function xAt(axis, t) {
  const {segments, scale} = axis;
  if (!segments.length) return Math.max(0, t * scale);
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t < segments[middle].to) high = middle;
    else low = middle + 1;
  }
  const segment = segments[low];
  if (segment) return segment.x + Math.max(0, (t - segment.from) / (segment.to - segment.from)) * segment.width;
  const last = segments[segments.length - 1];
  const over = last.kind === 'scale' ? (t - last.to) * scale : 0;
  return last.x + last.width + over;
}

/**
 * Where in a compressed stretch its mark stands.
 * @param {Segment} segment
 */
export function breakAt(segment) {
  return segment.x + segment.width * BREAK;
}

/**
 * Cut time where attempts begin and end to run, at outages, pauses and skips.
 * @param {Model} model
 * @returns {Segment[]}
 */
function cut(model) {
  const busy = merge(model.steps.flatMap((step) => step.attempts.map((one) => ({from: one.start, to: one.end ?? model.end}))));
  const skips = [...model.skips];
  /** @type {Segment[]} */
  const pieces = [];
  let next = 0;
  let from = 0;
  for (const to of edges(model, busy)) {
    while (skips.length && skips[0].end <= from) pieces.push(...instant(/** @type {Skip} */ (skips.shift())));
    while (next < busy.length && busy[next].to <= from) next += 1;
    const skipped = skips.length > 0 && skips[0].start <= from && to <= skips[0].end;
    const running = next < busy.length && busy[next].from <= from && to <= busy[next].to;
    if (to > from) pieces.push(piece(skipped ? 'skip' : running ? 'scale' : 'gap', from, to));
    if (skipped && to === skips[0].end) skips.shift();
    from = to;
  }
  for (const skip of skips) pieces.push(...instant(skip));
  return pieces;
}

/** A skip that takes no time is drawn nevertheless. @param {Skip} skip */
function instant(skip) {
  return skip.start === skip.end ? [{...piece('skip', skip.start, skip.end), length: skip.by}] : [];
}

/** @param {Segment['kind']} kind @param {number} from @param {number} to @returns {Segment} */
function piece(kind, from, to) {
  return {kind, from, to, x: 0, width: 0, length: to - from, label: ''};
}

/** @param {Model} model @param {{from: number, to: number}[]} busy */
function edges(model, busy) {
  const marks = new Set([model.end]);
  for (const {from, to} of busy) marks.add(from).add(to);
  for (const {start, end} of [...model.outages, ...model.skips, ...model.pauses]) marks.add(start).add(end);
  if (model.restart) marks.add(model.restart.at);
  marks.add(lastChange(model)); // the open end begins where the last thing happened, so that it does not move
  return [...marks].filter((t) => t > 0 && t <= model.end).sort((a, b) => a - b);
}

/**
 * When a live run last did something that is drawn.
 * @param {Model} model
 */
function lastChange(model) {
  if (!model.live) return 0;
  const paused = model.pauses.at(-1);
  return model.steps.reduce((last, step) => Math.max(last, step.start, step.end ?? 0, ...step.attempts.map((one) => one.end ?? one.start)), paused ? paused.start : 0);
}

/** @param {{from: number, to: number}[]} spans */
function merge(spans) {
  const sorted = spans.filter((one) => one.to >= one.from).sort((a, b) => a.from - b.from);
  /** @type {{from: number, to: number}[]} */
  const merged = [];
  for (const one of sorted) {
    const last = merged.at(-1);
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else merged.push({...one});
  }
  return merged;
}

/**
 * Choose what is drawn narrow: skips and the open end always, idle stretches from the longest on while they are too wide.
 * @param {Segment[]} pieces
 * @param {Scaling} scaling
 * @param {boolean} toScale
 */
function compress(pieces, scaling, toScale) {
  if (toScale) return new Set();
  const narrow = new Set(pieces.filter((piece) => piece.kind === 'skip' || piece.kind === 'tail'));
  const idle = pieces.filter((piece) => piece.kind === 'gap').sort((a, b) => b.to - b.from - (a.to - a.from));
  let total = toScaleTime(pieces, narrow);
  for (const piece of idle) {
    const trial = new Scaling(scaling.width, 0, scaling.domain && LIVE_DOMAIN);
    const share = (piece.to - piece.from) * trial.fit(total, narrow.size).scale;
    if (share <= scaling.width * SHARE || share <= GAP) break;
    narrow.add(piece);
    total -= piece.to - piece.from;
  }
  return narrow;
}

/**
 * Ticks at 1-2-5 steps, each with room for its text; a compressed stretch has its length as its text.
 * @param {Segment[]} segments
 * @param {Model} model
 * @param {number} scale
 * @param {number} width
 * @returns {Tick[]}
 */
function ticks(segments, model, scale, width) {
  /** @type {Tick[]} */
  const marks = segments.filter((one) => one.kind === 'gap' || one.kind === 'skip').map((one) => ({
    x: breakAt(one), label: one.label, anchor: /** @type {const} */ ('middle'), gap: one.kind,
  }));
  const step = scale > 0 ? oneTwoFive(TICK_ROOM / scale) : 0;
  for (const segment of step ? segments : []) {
    if (segment.kind !== 'scale') continue;
    for (const {x, label} of ticksOf(segment, step, scale, stoodStill(model, segment.from))) add(marks, {x, label, anchor: 'middle', gap: null}, width);
  }
  return marks.sort((a, b) => a.x - b.x);
}

/**
 * Far from the start, where a number would be long, ticks count from where their segment begins.
 * @param {Segment} segment
 * @param {number} step
 * @param {number} scale
 * @param {number} still milliseconds that the run's own clock stood still before it
 */
function ticksOf(segment, step, scale, still) {
  const far = segment.from - still > step * 1000;
  const base = far ? segment.from : still;
  const found = [];
  for (let t = Math.ceil((segment.from - base) / step) * step; base + t <= segment.to; t += step) {
    const label = t === 0 ? (far ? '' : '0 s') : `${far ? '+' : ''}${duration(t)}`;
    if (label) found.push({x: segment.x + (base + t - segment.from) * scale, label});
  }
  return found;
}

/** @param {Model} model @param {number} t */
function stoodStill(model, t) {
  if (model.clock === 'wall') return 0;
  return model.pauses.reduce((sum, one) => sum + (one.end <= t ? one.end - one.start : 0), 0);
}

/** @param {Tick[]} marks @param {Tick} tick @param {number} width */
function add(marks, tick, width) {
  const half = (tick.label.length * CHARACTER) / 2;
  if (tick.x < half) tick.anchor = 'start';
  else if (tick.x > width - half) tick.anchor = 'end';
  const [from, to] = span(tick);
  const clear = marks.every((one) => {
    const [left, right] = span(one);
    return to + 6 <= left || from >= right + 6;
  });
  if (clear) marks.push(tick);
}

/** @param {Tick} tick */
function span(tick) {
  const length = tick.label.length * CHARACTER;
  const from = {start: tick.x, middle: tick.x - length / 2, end: tick.x - length}[tick.anchor];
  return [from, from + length];
}

/**
 * The smallest 1, 2 or 5 times a power of ten that is not below `ms`; above a minute, round minutes, hours and days.
 * @param {number} ms
 */
export function oneTwoFive(ms) {
  const unit = [86_400_000, 3_600_000, 60_000].find((one) => ms > one) ?? 1;
  const power = 10 ** Math.floor(Math.log10(ms / unit));
  const factor = [1, 2, 5, 10].find((one) => one * power * unit >= ms * 0.999) ?? 10;
  return Math.max(1, factor * power * unit);
}
