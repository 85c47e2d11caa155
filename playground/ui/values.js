// @ts-check
// Wire values as a person reads them.

/**
 * Show a wire text as Python-like JSON: tags are opened, small values stay on one line.
 * @param {string} wire
 * @returns {string}
 */
export function readable(wire) {
  let value;
  try {
    value = JSON.parse(wire);
  } catch {
    return wire;
  }
  return write(value, 0, 72);
}

/**
 * Show a wire text on one line.
 * @param {string} wire
 */
export function oneLineValue(wire) {
  try {
    return write(JSON.parse(wire), 0, Infinity);
  } catch {
    return wire;
  }
}

/**
 * Whatever fits in the room stays on its line.
 * @param {any} value
 * @param {number} depth
 * @param {number} room
 * @returns {string}
 */
function write(value, depth, room) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (!Array.isArray(value) && '$' in value && value.$ !== 'dict') return tagged(value, depth, room);
  const list = Array.isArray(value);
  const content = list ? value : value.$ === 'dict' ? value.v ?? {} : value;
  const each = (/** @type {number} */ left) => list
    ? content.map((/** @type {unknown} */ one) => write(one, depth + 1, left))
    : Object.entries(content).map(([key, one]) => `${JSON.stringify(key)}: ${write(one, depth + 1, left - key.length - 4)}`);
  const [open, close] = list ? '[]' : '{}';
  const line = `${open}${each(Infinity).join(', ')}${close}`;
  if (line.length <= room) return line;
  const pad = `\n${'  '.repeat(depth + 1)}`;
  return `${open}${pad}${each(room - 2).join(`,${pad}`)}\n${'  '.repeat(depth)}${close}`;
}

/** @param {{$: string, v: any}} tag @param {number} depth @param {number} room */
function tagged({$: type, v}, depth, room) {
  if (type === 'int' || type === 'float') return String(v);
  return `${type}(${write(v, depth, room)})`;
}
