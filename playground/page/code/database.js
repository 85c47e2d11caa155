// @ts-check
// The page's own database: projects, their versions, undo histories and payloads. The engine has another one.

const NAME = 'dynamic-workflows-drafts';
const VERSION = 2;

/** @typedef {'projects' | 'versions' | 'undo' | 'payloads'} StoreName */

export class PageDatabase {
  /** @type {Promise<IDBDatabase | null>} */ #opened = open();

  /** One record. @param {StoreName} store @param {IDBValidKey} key @returns {Promise<any>} undefined where there is none */
  get(store, key) {
    return this.#read(store, (objects) => objects.get(key), undefined);
  }

  /** All records, or those whose key, or that of an index, is within a range. @param {StoreName} store @param {{index?: string, range?: IDBKeyRange}} [where] @returns {Promise<any[]>} */
  all(store, {index, range} = {}) {
    return this.#read(store, (objects) => (index ? objects.index(index) : objects).getAll(range), []);
  }

  /** Gives up what is worth less than the reader's text, and says whether there was any. @type {() => Promise<boolean>} */
  makeRoom = async () => false;

  /**
   * Write in one transaction; resolves once it is on disk.
   * @param {StoreName} store
   * @param {(objects: IDBObjectStore) => void} act
   * @returns {Promise<boolean>} false where nothing could be stored
   */
  async write(store, act) {
    const stored = await this.#write(store, act);
    if (stored !== 'full') return stored;
    return await this.makeRoom() && await this.#write(store, act) === true;
  }

  /** @param {StoreName} store @param {(objects: IDBObjectStore) => void} act @returns {Promise<boolean | 'full'>} */
  async #write(store, act) {
    const database = await this.#opened;
    if (!database) return false;
    return new Promise((resolve) => {
      let transaction;
      try {
        transaction = database.transaction(store, 'readwrite', {durability: 'strict'});
      } catch {
        resolve(false); // the browser has closed the database
        return;
      }
      act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(true);
      transaction.onabort = () => resolve(transaction.error?.name === 'QuotaExceededError' ? 'full' : false);
    });
  }

  close() {
    void this.#opened.then((database) => database?.close());
  }

  /** Delete everything, once it is closed. @returns {Promise<void>} */
  async erase() {
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(NAME);
      request.onsuccess = () => resolve(undefined);
      request.onerror = () => reject(request.error);
    });
  }

  /** @param {StoreName} store @param {(objects: IDBObjectStore) => IDBRequest} ask @param {any} missing @returns {Promise<any>} */
  async #read(store, ask, missing) {
    const database = await this.#opened;
    if (!database) return missing;
    return new Promise((resolve) => {
      try {
        const request = ask(database.transaction(store).objectStore(store));
        request.onsuccess = () => resolve(request.result ?? missing);
        request.onerror = () => resolve(missing);
      } catch {
        resolve(missing); // the browser has closed the database
      }
    });
  }
}

/** @returns {Promise<IDBDatabase | null>} null where site data is blocked */
function open() {
  return new Promise((resolve) => {
    let request;
    try {
      request = indexedDB.open(NAME, VERSION);
    } catch {
      resolve(null);
      return;
    }
    request.onupgradeneeded = () => upgrade(request);
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = request.onblocked = () => resolve(null);
  });
}

/** @param {IDBOpenDBRequest} request */
function upgrade({result: database, transaction}) {
  const projects = database.createObjectStore('projects', {keyPath: ['tenant', 'name']});
  const versions = database.createObjectStore('versions', {keyPath: 'id', autoIncrement: true});
  versions.createIndex('project', ['tenant', 'name']);
  database.createObjectStore('undo', {keyPath: ['tenant', 'name', 'path']});
  database.createObjectStore('payloads', {keyPath: 'tenant'});
  if (!transaction) return;
  for (const [old, fresh] of /** @type {[string, IDBObjectStore][]} */ ([['drafts', projects], ['kept', versions]])) {
    if (database.objectStoreNames.contains(old)) move(transaction.objectStore(old), fresh, () => database.deleteObjectStore(old));
  }
}

/** Take over the records of version 1, which knew one text for each example. @param {IDBObjectStore} from @param {IDBObjectStore} to @param {() => void} done */
function move(from, to, done) {
  const records = from.getAll();
  records.onsuccess = () => {
    for (const {example, ...record} of records.result) to.put({...record, name: example});
    done();
  };
}
