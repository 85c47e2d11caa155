// @ts-check
// Errors of the browser runtime. `name` is set on each, because structured clone and JSON lose the class.

/** The root of everything the kernel rejects with. */
export class KernelError extends Error {
  /** @type {string | undefined} */ file;
  /** @type {number | undefined} */ line;
  /** @type {number | undefined} */ column;

  /** @param {string} message @param {string} [name] */
  constructor(message, name = 'KernelError') {
    super(message);
    this.name = name;
  }
}

/** It is unknown whether the last flush was stored, or the database went away: reopen it. */
export class StoreLost extends KernelError {
  /** @param {string} message @param {string} [name] */
  constructor(message, name = 'StoreLost') {
    super(message, name);
  }
}

/** Another engine opened the database after this one did. */
export class Fenced extends StoreLost {
  constructor() {
    super('Another engine has opened this database, and one may store at a time: this one stores nothing more. Take over here, or go on in the other tab.', 'Fenced');
  }
}

/** Somebody deleted the database: another tab, or the reader in the browser's settings. */
export class StoreErased extends StoreLost {
  constructor() {
    super("The browser's storage of this site was emptied from outside this page. What is in memory can be exported or put back.", 'StoreErased');
  }
}

/** A newer release wrote the database; it is left as it is. */
export class StoreTooNew extends KernelError {
  constructor() {
    super('A newer release of this page wrote the database, and an older one does not open it. It is untouched: reload to get the newer page.', 'StoreTooNew');
  }
}

/** The browser refuses to store more. */
export class StorageFullError extends KernelError {
  constructor() {
    super('The browser stores no more for this site. Nothing that was acknowledged is lost: free space on this device, or delete runs that have ended.', 'StorageFullError');
  }
}

/** Another tab is in the middle of storing and does not answer. */
export class EraseBlocked extends KernelError {
  constructor() {
    super('Nothing was erased: another tab of this site is storing something and does not answer. Close the other tabs, then erase again.', 'EraseBlocked');
  }
}

/** No sandbox could be started. */
export class SandboxUnavailable extends KernelError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'SandboxUnavailable');
  }
}

/**
 * @typedef {object} WireError
 * @property {string} name
 * @property {string} message
 * @property {string} [file]
 * @property {number} [line]
 * @property {number} [column]
 */

/**
 * toWire makes a plain object of anything thrown.
 * @param {unknown} error
 * @returns {WireError}
 */
export function toWire(error) {
  const {type} = /** @type {{type?: string}} */ (error ?? {});
  // An exception of Python: its class is what counts, and the last line of the traceback is its message.
  if (error instanceof Error && type) return {name: type, message: lastLine(error.message)};
  if (!(error instanceof Error)) return {name: 'Error', message: String(error)};
  const {name, message} = error;
  const {file, line, column} = /** @type {Partial<KernelError>} */ (error);
  return {name, message, ...(file === undefined ? {} : {file, line, column})};
}

/** @param {string} traceback */
function lastLine(traceback) {
  const line = traceback.trim().split('\n').at(-1) ?? traceback;
  return line.replace(/^[\w.]+: /, '');
}

/**
 * fromWire makes an error again; name, message and position survive.
 * @param {WireError} wire
 * @returns {KernelError}
 */
export function fromWire(wire) {
  const error = new KernelError(String(wire.message), String(wire.name));
  return Object.assign(error, {file: wire.file, line: wire.line, column: wire.column});
}
