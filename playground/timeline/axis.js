// @ts-check
// One scale for all segments; idle stretches that would eat the width are drawn 48 px wide and named.
import {duration} from '../ui/format.js';

/** @typedef {import('./model.js').Model} Model */

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
  let x = 0;
  for (const piece of pieces) {
    piece.x = x;
    if (narrow.has(piece)) {
      piece.width = gap;
      piece.label = piece.kind === 'tail' ? '' : duration(piece.to - piece.from);
    } else {
      piece.width = (piece.to - piece.from) * scale;
      piece.kind = 'scale';
    }
    x += piece.width;
  }
  return {width, scale, segments: pieces, ticks: ticks(pieces, scale, width), domain: scaling.domain, idle};
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
  for (const segment of segments) {
    if (t < segment.to) {
      const share = segment.to === segment.from ? 0 : (t - segment.from) / (segment.to - segment.from);
      return segment.x + Math.max(0, share) * segment.width;
    }
  }
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
 * Cut time where attempts begin and end to run, at outages and at skips.
 * @param {Model} model
 * @returns {Segment[]}
 */
function cut(model) {
  const busy = merge(model.steps.flatMap((step) => step.attempts.map((one) => ({from: one.start, to: one.end ?? model.end}))));
  const marks = new Set([0, model.end]);
  for (const {from, to} of busy) marks.add(from).add(to);
  for (const {start, end} of [...model.outages, ...model.skips]) marks.add(start).add(end);
  marks.add(lastChange(model)); // the open end begins where the last thing happened, so that it does not move
  const edges = [...marks].filter((t) => t >= 0 && t <= model.end).sort((a, b) => a - b);
  /** @type {Segment[]} */
  const pieces = [];
  for (let i = 1; i < edges.length; i++) {
    const [from, to] = [edges[i - 1], edges[i]];
    const skipped = model.skips.some((one) => one.start <= from && to <= one.end);
    const running = busy.some((one) => one.from <= from && to <= one.to);
    /** @type {Segment['kind']} */
    const kind = skipped ? 'skip' : running ? 'scale' : 'gap';
    const before = pieces.at(-1);
    if (before && before.kind === kind && kind !== 'gap' && contiguous(model, before, from)) before.to = to;
    else pieces.push({kind, from, to, x: 0, width: 0, label: ''});
  }
  return pieces;
}

/**
 * When a live run last did something that is drawn.
 * @param {Model} model
 */
function lastChange(model) {
  if (!model.live) return 0;
  return model.steps.reduce((last, step) => Math.max(last, step.start, step.end ?? 0, ...step.attempts.map((one) => one.end ?? one.start)), 0);
}

/** @param {Model} model @param {Segment} before @param {number} at */
function contiguous(model, before, at) {
  return before.to === at && !model.skips.some((one) => one.start === at);
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
  for (const piece of idle) {
    const trial = new Scaling(scaling.width, 0, scaling.domain && LIVE_DOMAIN);
    const share = (piece.to - piece.from) * trial.fit(toScaleTime(pieces, narrow), narrow.size).scale;
    if (share <= scaling.width * SHARE || share <= GAP) break;
    narrow.add(piece);
  }
  return narrow;
}

/**
 * Ticks at 1-2-5 steps, each with room for its text; a compressed stretch has its length as its text.
 * @param {Segment[]} segments
 * @param {number} scale
 * @param {number} width
 * @returns {Tick[]}
 */
function ticks(segments, scale, width) {
  /** @type {Tick[]} */
  const marks = segments.filter((one) => one.kind === 'gap' || one.kind === 'skip').map((one) => ({
    x: breakAt(one), label: one.label, anchor: /** @type {const} */ ('middle'), gap: one.kind,
  }));
  const step = scale > 0 ? oneTwoFive(TICK_ROOM / scale) : 0;
  for (const segment of step ? segments : []) {
    if (segment.kind !== 'scale') continue;
    const far = segment.from > step * 1000;
    const base = far ? segment.from : 0;
    for (let t = Math.ceil((segment.from - base) / step) * step; base + t <= segment.to; t += step) {
      const label = t === 0 ? (far ? '' : '0 s') : `${far ? '+' : ''}${duration(t)}`;
      if (!label) continue;
      const x = segment.x + (base + t - segment.from) * scale;
      add(marks, {x, label, anchor: 'middle', gap: null}, width);
    }
  }
  return marks.sort((a, b) => a.x - b.x);
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
