// @ts-check
// The guarded way between the engine's port and the sandbox worker's port. It runs in the frame, so that a flood never
// leaves the process of the sandboxes. Texts pass unchanged; the engine's decoder judges what they say.
import {BYTES_BURST, BYTES_PER_SECOND, FRAME_BYTES, FRAMES_PER_SECOND} from './limits.js';

/** An allowance that refills with time. */
export class Allowance {
  #left;
  #at;

  /**
   * @param {number} rate refilled per second
   * @param {number} burst what may be taken at once
   * @param {number} now milliseconds
   */
  constructor(rate, burst, now) {
    this.rate = rate;
    this.burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  /**
   * Takes an amount if there is as much.
   * @param {number} amount
   * @param {number} now milliseconds
   */
  take(amount, now) {
    this.#left = Math.min(this.burst, this.#left + (now - this.#at) * this.rate / 1000);
    this.#at = now;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}

/** What the relay tells the engine beside frames: the worker is gone, and why. @typedef {{closed: string}} Closed */

/** Passes texts on until the sandbox breaks a limit or ends. */
export class Relay {
  /** @type {MessagePort} */ #engine;
  /** @type {MessagePort} */ #sandbox;
  #kill;
  #frames;
  #bytes;

  /**
   * @param {MessagePort} engine
   * @param {MessagePort} sandbox
   * @param {() => void} kill terminates the worker
   * @param {() => number} now milliseconds
   */
  constructor(engine, sandbox, kill, now = () => performance.now()) {
    this.#engine = engine;
    this.#sandbox = sandbox;
    this.#kill = kill;
    this.#frames = new Allowance(FRAMES_PER_SECOND, FRAMES_PER_SECOND, now());
    this.#bytes = new Allowance(BYTES_PER_SECOND, BYTES_BURST, now());
    engine.onmessage = event => sandbox.postMessage(event.data);
    sandbox.onmessage = event => {
      const text = event.data;
      const reason = this.#objection(text, now());
      if (reason) this.close(reason);
      else engine.postMessage(text);
    };
    sandbox.onmessageerror = () => this.close('abuse: a message that cannot be read');
  }

  /**
   * Kills the worker and tells the engine.
   * @param {string} reason
   */
  close(reason) {
    this.#sandbox.onmessage = null;
    this.#sandbox.close();
    this.#kill();
    /** @type {Closed} */
    const last = {closed: reason};
    this.#engine.postMessage(last);
    this.#engine.close();
  }

  /**
   * @param {unknown} text
   * @param {number} now
   */
  #objection(text, now) {
    if (text === null) return 'crashed'; // the worker's own runtime reports that Python is gone
    if (typeof text !== 'string') return 'abuse: a message that is not text';
    if (text.length > FRAME_BYTES) return `abuse: a frame of more than ${FRAME_BYTES} bytes`;
    if (!this.#frames.take(1, now)) return `abuse: more than ${FRAMES_PER_SECOND} frames a second`;
    if (!this.#bytes.take(text.length, now)) return `abuse: more than ${BYTES_PER_SECOND} bytes a second`;
    return null;
  }
}
