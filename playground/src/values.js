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
  const line = write(value, 0, false);
  return line.length <= 72 ? line : write(value, 0, true);
}

/**
 * Show a wire text on one line.
 * @param {string} wire
 */
export function oneLineValue(wire) {
  try {
    return write(JSON.parse(wire), 0, false);
  } catch {
    return wire;
  }
}

/** @param {any} value @param {number} depth @param {boolean} broken @returns {string} */
function write(value, depth, broken) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (!Array.isArray(value) && '$' in value) return tagged(value, depth, broken);
  const pad = broken ? `\n${'  '.repeat(depth + 1)}` : '';
  const end = broken ? `\n${'  '.repeat(depth)}` : '';
  const comma = broken ? ',' : ', ';
  const items = Array.isArray(value)
    ? value.map((one) => write(one, depth + 1, broken))
    : Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${write(one, depth + 1, broken)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return items.length ? `${open}${pad}${items.join(comma + pad)}${end}${close}` : open + close;
}

/** @param {{$: string, v: any}} tag @param {number} depth @param {boolean} broken @returns {string} */
function tagged({$: type, v}, depth, broken) {
  if (type === 'dict') {
    const plain = Object.entries(v ?? {}).map(([key, one]) => `${JSON.stringify(key)}: ${write(one, depth + 1, false)}`);
    return `{${plain.join(', ')}}`;
  }
  if (type === 'int' || type === 'float') return String(v);
  return `${type}(${write(v, depth, broken)})`;
}
