// @ts-check
// Earlier states of a project: one for each run, and one for each text that made room for another.
import {bare, readDraft, sameContent} from './project.js';

/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('./project.js').Key} Key */
/** @typedef {import('./database.js').PageDatabase} PageDatabase */
/** @typedef {'run' | 'replaced' | 'restored' | 'deleted'} Why */
/** @typedef {{id: string, name: string, version: string}} RunOf name: for people; version: hash of its code */
/** @typedef {Project & {id: number, at: number, why: Why, runs: RunOf[]}} Version at: when it was stored, in ms; runs: newest last */

export const VERSIONS_MAX = 200; // of one project; the oldest makes room
const RUNS_MAX = 100; // named with one version

export class Versions {
  /** @type {PageDatabase} */ #database;
  /** @type {Promise<unknown>} */ #last = Promise.resolve();

  /** @param {PageDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * Store a version. What is the newest one already is not stored again: that one takes the run.
   * @param {Project} project
   * @param {{why: Why, run?: RunOf}} about
   * @returns {Promise<void>}
   */
  add(project, {why, run}) {
    const version = {...bare(project), at: Date.now(), why, runs: run ? [run] : []};
    const added = this.#last.then(() => this.#add(version));
    this.#last = added.catch(() => {});
    return added;
  }

  /**
   * Versions of a project, newest first.
   * @param {Key} key
   * @param {import('../../ui/types.js').Example | null} [example]
   * @returns {Promise<Version[]>}
   */
  async list({tenant, name}, example = null) {
    const records = await this.#database.all('versions', {index: 'project', range: IDBKeyRange.only([tenant, name])});
    const read = records.map(({id, why = 'replaced', runs = [], ...record}) => {
      const draft = readDraft({...record, open: record.main}, example);
      return draft && {...bare(draft), id, at: record.at ?? 0, why, runs};
    });
    return read.filter((version) => version !== null).sort((one, other) => other.at - one.at || other.id - one.id);
  }

  /** @param {Omit<Version, 'id'>} version */
  async #add(version) {
    const known = await this.list(version);
    const newest = known[0];
    const again = newest !== undefined && sameContent(newest, version);
    const record = again ? {...newest, at: version.at, why: newest.runs.length ? 'run' : version.why, runs: [...newest.runs, ...version.runs].slice(-RUNS_MAX)} : version;
    const surplus = again ? [] : known.slice(VERSIONS_MAX - 1);
    await this.#database.write('versions', (versions) => {
      versions.put(record);
      for (const {id} of surplus) versions.delete(id);
    });
  }
}
