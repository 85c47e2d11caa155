// @ts-check
// The runs this page knows, each with as much of its history as has arrived.

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {import('../../ui/types.js').History & {whole: boolean, upTo: number, loading: boolean}} Known whole up to a position */
/** @typedef {{tenant: string, id: string}} Address */

export class RunStore {
  /** @type {Map<string, Known>} */ #runs = new Map();

  /**
   * What is known of a run.
   * @param {Address} address
   */
  get(address) {
    return this.#runs.get(keyOf(address)) ?? null;
  }

  /** Summaries, newest first. */
  newestFirst() {
    return [...this.#runs.values()].map((one) => one.run).sort((a, b) => b.created - a.created || b.number - a.number);
  }

  /**
   * Rows and ledger rows are put in by position, so that an answer and a push may overlap. A push can overtake an answer
   * that was computed before it: what is older than what is known changes nothing.
   * @param {Run} run
   * @param {Row[]} rows
   * @param {LedgerRow[]} ledger
   */
  merge(run, rows, ledger) {
    const known = this.get(run) ?? {run, rows: [], ledger: [], whole: false, upTo: 0, loading: false};
    if ((run.seq ?? 0) >= (known.run.seq ?? 0)) known.run = run;
    known.rows = byPosition(known.rows, rows);
    known.ledger = byPosition(known.ledger, ledger.filter((row) => !known.ledger.some((one) => one.pos === row.pos && one.asked > row.asked)));
    this.#runs.set(keyOf(run), known);
    return known;
  }

  /** Forgets a run that is gone. @param {Address} address */
  remove(address) {
    return this.#runs.delete(keyOf(address));
  }

  /**
   * Notes that a push left rows out: what is known of the run is whole only up to its last row.
   * @param {Address} address
   */
  gap(address) {
    const known = this.get(address);
    if (!known?.whole) return;
    known.whole = false;
    known.upTo = known.rows.at(-1)?.pos ?? 0;
  }
}

/** @param {Address} run */
function keyOf({tenant, id}) {
  return `${tenant}/${id}`;
}

/**
 * @template {{pos: number}} T
 * @param {T[]} old
 * @param {T[]} fresh
 * @returns {T[]}
 */
function byPosition(old, fresh) {
  if (!fresh.length) return old;
  const last = old.at(-1)?.pos ?? -1;
  if (fresh[0].pos > last) return [...old, ...fresh];
  const all = new Map(old.map((one) => [one.pos, one]));
  for (const one of fresh) all.set(one.pos, one);
  return [...all.values()].sort((a, b) => a.pos - b.pos);
}
