// @ts-check
// What a client may ask of the worker that holds the database, beside the engine's own verbs.
import {StoreLost} from './errors.js';
import {unknown} from './protocol.js';

/** @typedef {Exclude<import('./protocol.js').StorageVerb, 'refused'>} StorageVerb */

/** @typedef {(name?: string | null, message?: string | null) => void} Done */

/**
 * @template Close
 * @typedef {object} Copies the engine's part
 * @property {(point: string, done: Done) => void} crash
 * @property {(offset?: number) => void} look
 * @property {(tenant?: string) => Uint8Array} image
 * @property {(order: string) => Uint8Array} part
 * @property {(bytes: Uint8Array) => void} examine
 * @property {() => [added: number, kept: number]} counts
 * @property {Close} close
 */

/** Answers requests about storage, one at a time. @template Close */
export class StorageDesk {
  /** @type {Promise<unknown>} */ #line = Promise.resolve();

  /**
   * @param {import('./block-file.js').BlockFile} files
   * @param {Uint8Array | null} salvage what was in memory when the database was deleted under an engine before
   * @param {() => Copies<Close> | null} engine
   * @param {(method: Close | ((done: Done) => void)) => Promise<unknown>} called resolves when a method of the engine is done
   * @param {() => void} onreplaced told when other contents are stored
   */
  constructor(files, salvage, engine, called, onreplaced) {
    this.files = files;
    this.salvage = salvage;
    this.engine = engine;
    this.called = called;
    this.onreplaced = onreplaced;
  }

  /**
   * @param {StorageVerb} verb
   * @param {Record<string, any>} args
   */
  answer(verb, args) {
    const answered = this.#line.then(() => this.#answer(verb, args));
    this.#line = answered.catch(() => {});
    return answered;
  }

  /** @param {StorageVerb} verb @param {Record<string, any>} args */
  async #answer(verb, args) {
    const {files} = this;
    const engine = this.engine();
    if (!engine) throw new StoreLost('The engine has not started yet. Wait until the page says Ready, then ask again.');
    switch (verb) {
      case 'facts': return {storage: files.storage, durability: files.durability, readOnly: files.readOnly, bytes: files.size};
      case 'durability': return files.ask(args.wanted === 'relaxed' ? 'relaxed' : 'strict');
      case 'salvage': return this.salvage;
      case 'copy': {
        const bytes = args.runs ? engine.part(JSON.stringify(args)) : engine.image(args.tenant ?? undefined);
        if (!files.readOnly) await files.flush(); // nothing leaves that is not stored
        return bytes;
      }
      case 'merge': {
        engine.examine(args.bytes);
        try {
          await this.called(engine.close);
          const [added, kept] = engine.counts();
          return {added, kept};
        } finally {
          // A fresh engine reads what is stored, new or old. The answer is on its way before this worker is ended.
          setTimeout(this.onreplaced);
        }
      }
      case 'crash': return this.called(done => engine.crash(args.at, done));
      case 'clock': return engine.look(args.offset);
      default: return unknown(verb);
    }
  }
}
