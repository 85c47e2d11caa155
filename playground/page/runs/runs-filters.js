// @ts-check
// Which runs a list shows: by state, by tenant, by a text in id, name or workflow.
import {h, replace} from '../../ui/dom.js';
import {visible} from '../../ui/text.js';
import {runs as words, words as states} from '../../words/index.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {{state: string, tenant: string, search: string}} Filter */

const QUIET_MS = 150; // after the last key, before the engine is asked
const STATES = /** @type {const} */ (['queued', 'running', 'retrying', 'waiting', 'sleeping', 'pausing', 'paused', 'complete', 'errored', 'terminated']);

/**
 * Whether a run that the engine told of belongs to what is shown.
 * @param {Run} run
 * @param {Filter} filter
 */
export function fits(run, {state, tenant, search}) {
  if (tenant && run.tenant !== tenant) return false;
  if (state && run.state !== state) return false;
  const text = search.trim().toLowerCase();
  return !text || [run.id, run.workflow, words.of(run)].some((one) => one.toLowerCase().includes(text));
}

/** What the engine is asked for. @param {Filter} filter */
export function query({state, tenant, search}) {
  return {
    ...(state ? {states: [state]} : {}), ...(tenant ? {tenant} : {}), ...(search.trim() ? {search: search.trim()} : {}),
  };
}

export class RunsFilters {
  #search = h('input', {type: 'search', class: 'text-field search', placeholder: words.search, 'aria-label': words.search, maxlength: 200, autocomplete: 'off', spellcheck: 'false'});
  #state = h('select', {class: 'text-field', 'aria-label': words.state});
  #tenant = h('select', {class: 'text-field', 'aria-label': words.tenant});
  #timer = 0;
  element = h('div', {class: 'runs-filters', role: 'search'}, this.#search, this.#state, this.#tenant);

  /** @param {() => void} changed */
  constructor(changed) {
    this.#search.addEventListener('input', () => {
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(changed, QUIET_MS);
    });
    this.#state.addEventListener('change', changed);
    this.#tenant.addEventListener('change', changed);
    this.show({}, []);
  }

  /** @returns {Filter} */
  get filter() {
    return {state: this.#state.value, tenant: this.#tenant.value, search: this.#search.value};
  }

  clear() {
    this.#search.value = '';
    this.#state.value = this.#tenant.value = '';
    this.#search.focus();
  }

  /** Say what each choice would show. @param {Record<string, number>} counts @param {string[]} tenants */
  show(counts, tenants) {
    const {state, tenant} = this.filter;
    const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
    choices(this.#state, state, [['', words.anyState(all)], ...STATES.filter((name) => counts[name] || name === state)
      .map((name) => /** @type {[string, string]} */ ([name, words.inState(states[name], counts[name] ?? 0)]))]);
    choices(this.#tenant, tenant, [['', words.anyTenant], ...tenants.map((name) => /** @type {[string, string]} */ ([name, visible(name)]))]);
  }
}

/** @param {HTMLSelectElement} select @param {string} value @param {[string, string][]} options */
function choices(select, value, options) {
  replace(select, options.map(([name, label]) => h('option', {value: name}, label)));
  select.value = value;
}
