// A history as one SVG file: the drawing's own shapes, a label beside each row, and the colours of the light theme.
import {readFileSync} from 'node:fs';

/** The part of a document that the painter uses, written out as text. */
class Markup {
  constructor(/** @type {string} */ name) {
    this.name = name;
    /** @type {Map<string, string>} */ this.attributes = new Map();
    /** @type {(Markup | string)[]} */ this.children = [];
  }

  setAttribute(/** @type {string} */ name, /** @type {string} */ value) {
    this.attributes.set(name, value.replace(/-?\d+\.\d+/g, (number) => String(Number(Number(number).toFixed(1)))));
  }

  append(/** @type {(Markup | string)[]} */ ...children) {
    this.children.push(...children);
  }

  /** @returns {string} */
  toString() {
    const attributes = [...this.attributes].map(([name, value]) => ` ${name}="${escape(value)}"`).join('');
    const inner = this.children.map((child) => (typeof child === 'string' ? escape(child) : String(child))).join('');
    return inner ? `<${this.name}${attributes}>${inner}</${this.name}>` : `<${this.name}${attributes}/>`;
  }
}

/** @param {string} text */
function escape(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}

const document = {createElementNS: (/** @type {string} */ _space, /** @type {string} */ name) => new Markup(name), createTextNode: (/** @type {string} */ text) => text};
Object.assign(globalThis, {document, Node: Markup});
const {paintAxis, paintCuts, paintTrack, toneOf} = await import('../../playground/timeline/paint.js');
const {s} = await import('../../playground/ui/dom.js');
const {iconPath} = await import('../../playground/ui/icons.js');

const LABELS = 160;
const ROW = 32;
const TOP = 24;
const LANE = 20;

/** The stylesheet's rules for what is drawn, with the light theme's colours in place of the tokens. */
function style() {
  const [tokens, timeline] = ['tokens', 'timeline'].map((name) => readFileSync(new URL(`../../playground/styles/${name}.css`, import.meta.url), 'utf8'));
  const colours = new Map([...tokens.matchAll(/--([\w-]+): light-dark\((#\w+),/g)].map((found) => [found[1], found[2]]));
  const tones = [...tokens.matchAll(/^(\.tone-.*) \{ --tone: var\(--([\w-]+)\); \}$/gm)].map((found) => `${found[1]} { --tone: ${colours.get(found[2])}; }`);
  const rules = [...timeline.matchAll(/^\.tl-[\w, .-]+ \{[^}]*(?:fill|stroke)[^}]*\}$/gm)].map((found) => found[0].replace(/var\(--(ground|line|muted|text)\)/g, (_, name) => String(colours.get(name))));
  return [...tones, ...rules, 'text { font: 12px/16px sans-serif; } .label { font-size: 14px; }'].join('\n').replace(/font: var\(--meta\); ?/g, '').replace(/var\(--tint\)/g, '12%');
}

/**
 * @param {import('../../playground/timeline/draw.js').Drawing} drawing
 * @param {import('../../playground/timeline/axis.js').Axis} axis
 * @param {(row: import('../../playground/timeline/draw.js').DrawnRow) => string} name
 */
export function svgOf({rows, cuts, lanes}, axis, name) {
  const height = TOP + rows.length * ROW + lanes * LANE;
  const place = (/** @type {any} */ node, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ tall) => {
    node.setAttribute('x', String(x));
    node.setAttribute('y', String(y));
    if (tall) node.setAttribute('height', String(tall));
    return node;
  };
  const parts = [place(paintAxis(axis), LABELS, 0, 0)];
  rows.forEach((row, i) => {
    const y = TOP + i * ROW;
    parts.push(s('path', {d: iconPath(row.steps[0].state), fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5, transform: `translate(4 ${y + 8})`}));
    parts.push(s('text', {class: 'label', x: 28 + row.depth * 12, y: y + 21}, name(row)));
    if (row.rule) parts.push(s('line', {x1: 0, x2: LABELS + axis.width, y1: y, y2: y, stroke: 'currentColor'}));
    if (row.bracket) parts.push(s('line', {x1: 1, x2: 1, y1: y + (row.bracket === 'first' ? 8 : 0), y2: y + (row.bracket === 'last' ? 24 : 32), stroke: 'currentColor'}));
    parts.push(place(paintTrack(row.shapes, axis.width), LABELS, y, 0));
    if (row.action) parts.push(s('text', {class: 'action', x: LABELS + row.action.x, y: y + 20}, `[${row.action.text}]`));
  });
  if (cuts.length) parts.push(place(paintCuts(cuts, axis.width), LABELS, TOP, rows.length * ROW));
  for (const cut of cuts) {
    parts.push(s('text', {class: `tl-text tone-${toneOf(cut)}`, x: LABELS + cut.labelX + 16, y: TOP + rows.length * ROW + cut.lane * LANE + 14}, cut.text));
  }
  const svg = s('svg', {xmlns: 'http://www.w3.org/2000/svg', viewBox: `-8 -4 ${LABELS + axis.width + 28} ${height + 8}`, color: '#1a1d23'}, s('style', {}, style()), ...parts);
  return `${String(svg).replace(/(<(?:svg|path|rect|line|text|circle|g)\b)/g, '\n$1').trim()}\n`;
}
