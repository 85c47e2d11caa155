// @ts-check
// Most of a history follows from the rest of it. What was foreseen right is not written; both ends foresee the same.
// This is part of the first format: a change here would make links that are out there unreadable.

import {isSensitive} from '../sealed.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {{seq: number, life: number, attempt: number | null, data: string | null}} Foreseen */

export class Forecast {
  /** @type {Run} */ #run;
  /** @type {Map<string, string>} */ #answers = new Map();
  /** @type {Map<string, number>} */ #attempts = new Map();
  /** @type {Set<string>} */ #sensitive = new Set();
  #seq = 0;
  #life = 1;
  #epoch = 1;
  #config = '';
  #event = 0;

  /**
   * @param {Run} run
   * @param {readonly LedgerRow[]} ledger
   */
  constructor(run, ledger) {
    this.#run = run;
    for (const {step, receipt} of ledger) if (step !== null) this.#answers.set(step, JSON.stringify(receipt));
  }

  /**
   * What the next row will say, by its kind and key.
   * @param {string} kind
   * @param {string | null} key
   * @returns {Foreseen}
   */
  next(kind, key) {
    const engine = kind === 'engine_started';
    const attempt = this.#attempt(kind, key);
    const life = kind === 'restarted' ? this.#life + 1 : this.#life;
    return {seq: engine ? this.#epoch + 1 : this.#seq + 1, life, attempt, data: this.#data(kind, key, attempt)};
  }

  /** Learn from what it did say. @param {Row} row */
  learn({kind, key, seq, life, attempt, data}) {
    this.#life = life;
    if (kind === 'engine_started') this.#epoch = seq;
    else this.#seq = seq;
    if (kind === 'event.received') this.#event = seq;
    if (kind !== 'step.started' || key === null) return;
    this.#attempts.set(key, attempt ?? 0);
    if (data !== null) this.#config = data;
    if (isSensitive(data)) this.#sensitive.add(key);
  }

  /** @param {string} kind @param {string | null} key */
  #attempt(kind, key) {
    if (!kind.startsWith('step.') || key === null) return null;
    const last = this.#attempts.get(key) ?? 0;
    return kind === 'step.started' ? last + 1 : last;
  }

  /** @param {string} kind @param {string | null} key @param {number | null} attempt */
  #data(kind, key, attempt) {
    switch (kind) {
      case 'queued': return this.#created();
      case 'step.started': return attempt === 1 && this.#config ? this.#config : null;
      case 'step.completed': return this.#sensitive.has(key ?? '') ? null : this.#answers.get(key ?? '') ?? null;
      case 'wait.completed': return JSON.stringify({event: this.#event});
      case 'completed': return this.#run.output;
      case 'errored': return JSON.stringify({error: this.#run.error});
      default: return null;
    }
  }

  #created() {
    const {tenant, workflow, id, version, entrypoint, main, params} = this.#run;
    const metadata = JSON.stringify({tenantId: tenant, version, entrypoint, main});
    const wrapped = `{"__dispatcherMetadata":${metadata},"params":${params}}`;
    return JSON.stringify({workflow, tenant, id, params: wrapped, version});
  }
}
