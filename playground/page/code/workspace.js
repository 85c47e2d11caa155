// @ts-check
// The project being edited: which one of which tenant, its files, and how none of its text is ever lost.
import {mirrored} from './drafts.js';
import {bare, draftOf, projectOf, readDraft, sameContent, sameKey} from './project.js';
import {readPrefs, writePrefs} from '../prefs.js';

/** @typedef {import('../../ui/types.js').Example} Example */
/** @typedef {import('./drafts.js').Drafts} Drafts */
/** @typedef {import('./versions.js').Versions} Versions */
/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('./project.js').Draft} Draft */
/** @typedef {import('./project.js').Origin} Origin */
/** @typedef {import('./project.js').Key} Key */
/** @typedef {import('./editor/plain.js').Editor} Editor */

/**
 * Events: `leaving` (another file or project is about to be put in place), `opened` (another project or file is in place), `edited`, `listed` (the reader's own projects are known),
 * `replaced` {title, undo} (what was there can be taken back), `moved` (by taking it back: another address).
 */
export class Workspace extends EventTarget {
  /** @type {Drafts} */ #drafts;
  /** @type {Versions} */ #versions;
  /** @type {Example[]} */ #examples;
  /** @type {Draft} its text of the open file is as old as its opening: the editor's counts */ #draft;
  /** @type {Draft[]} kept projects, as they were when the page last looked */ #kept = [];
  #opening = 0;
  #silent = false;
  #touched = false;

  /**
   * @param {Example[]} examples
   * @param {{drafts: Drafts, versions: Versions}} kept
   * @param {{editor: Editor, payload: HTMLTextAreaElement}} fields
   */
  constructor(examples, {drafts, versions}, {editor, payload}) {
    super();
    this.#examples = examples;
    this.#drafts = drafts;
    this.#versions = versions;
    this.editor = editor;
    this.payload = payload;
    this.#draft = this.#first();
    if (payload.value === payload.defaultValue) payload.value = this.#draft.payload; // else typed before this had loaded
    editor.open(this.key(), editor.text);
    editor.onChange(() => this.#edited());
    payload.addEventListener('input', () => this.#edited());
  }

  get tenant() {
    return this.#draft.tenant;
  }

  get name() {
    return this.#draft.name;
  }

  get title() {
    return this.#draft.title;
  }

  get origin() {
    return this.#draft.origin;
  }

  /** The path of the file that holds the entrypoint. */
  get main() {
    return this.#draft.main;
  }

  /** The path of the file in the editor. */
  get file() {
    return this.#draft.open;
  }

  /** Whether the reader has changed it. */
  get touched() {
    return this.#touched;
  }

  /** The text in the editor. */
  get text() {
    return this.editor.text;
  }

  /** The files of a run started now. */
  get files() {
    return {...this.#draft.files, [this.file]: this.text};
  }

  /** The example that is open, also while it is edited; a project from elsewhere is none. */
  get example() {
    return this.origin === 'example' ? this.#named(this.name) : null;
  }

  /** Where the project is found again, for an address. @returns {{example: string} | {tenant: string}} */
  get address() {
    return this.example?.tenant === this.tenant ? {example: this.name} : {tenant: this.tenant};
  }

  /** Tenants of the examples, in their order, then the reader's own. */
  get tenants() {
    const own = this.#kept.map(({tenant}) => tenant).sort();
    return [...new Set([...this.#examples.map(({tenant}) => tenant), ...own, this.tenant])];
  }

  /** @param {string} name of an example */
  knows(name) {
    return this.#named(name) !== null;
  }

  /** The name of a file's document, in the editor and wherever more is kept of it. @param {string} [path] */
  key(path = this.file) {
    return [this.tenant, this.name, path].map(encodeURIComponent).join('/');
  }

  /** What is being edited, whole: for a run, a share link, a file. @returns {Project} */
  snapshot() {
    return bare(this.#now());
  }

  /**
   * Put the kept project in place, before anything else may write there.
   * @param {{pristine: string, shown: string}} first what the page was delivered with and what its first paint showed
   */
  async restore({pristine, shown}) {
    const turn = ++this.#opening;
    const {payload} = this.#draft;
    await this.#list();
    if (turn !== this.#opening) return;
    const untouched = this.text === shown && this.payload.value === payload;
    const kept = this.#kept.find((one) => sameKey(one, this.#draft)) ?? this.#ofUnknownTenant();
    const written = this.#draft.files[this.file];
    if (kept && untouched) this.#put(kept, true);
    else if (kept && kept.files[kept.open] !== shown) await this.#setAside(kept);
    else if (kept) this.#adopt(kept);
    else if (untouched && shown === pristine && written !== pristine) this.#put(this.#draft);
    else if (!untouched || this.text !== written || this.#touched) this.#edited();
    this.dispatchEvent(new Event('opened'));
  }

  /**
   * Put a project in place. What it takes the place of is kept: edited text of the project that was open stays where it
   * is found again, and a kept project of the same name becomes a version.
   * @param {Project} project
   * @param {{origin: Origin}} from 'own' is stored at once, all else with the first change
   * @returns {Promise<boolean>} false where another opening came in between
   */
  async open(project, {origin}) {
    const before = this.#touched ? this.#now() : null;
    const turn = ++this.#opening;
    await this.#drafts.flush();
    const fresh = draftOf(project, origin);
    const kept = await this.#keptOf(project);
    const lost = kept && !sameContent(kept, fresh) ? kept : null;
    if (lost) await this.#versions.add(lost, {why: 'replaced'});
    if (turn !== this.#opening) return false;
    this.#put(fresh);
    if (lost || origin === 'own') this.#edited();
    const undo = lost ?? before;
    if (undo) this.#tell('replaced', {title: project.title, undo: () => this.#takeBack(undo)});
    return true;
  }

  /**
   * Open an example as it was written.
   * @param {string} name
   */
  async openExample(name) {
    const example = this.#named(name);
    return example ? this.open(projectOf(example), {origin: 'example'}) : false;
  }

  /**
   * Make what is being edited the reader's own: a copy under a tenant that nobody else runs as.
   * @param {string} [wish] the tenant's name
   */
  async keepCopy(wish = this.example ? `my-${this.tenant}` : this.tenant) {
    const tenant = this.#unused(wish);
    await this.open({...this.snapshot(), tenant}, {origin: 'own'});
    return tenant;
  }

  /** Keep what is open as if it had been edited: a run refers to it. */
  keep() {
    const fresh = !this.#kept.some((one) => sameKey(one, this.#draft));
    this.#touched = true;
    const draft = this.#now();
    this.#drafts.keep(draft);
    if (fresh) this.#kept = [draft, ...this.#kept];
  }

  /**
   * Go to a tenant, to an example by its address, or to a project by tenant and name, with the reader's own text if
   * there is one.
   * @param {{tenant?: string | null, example?: string | null, name?: string}} to
   */
  async go({tenant, example: asked, name}) {
    const example = this.#named(asked ?? null);
    const key = tenant && name ? {tenant, name} : example ? {tenant: tenant ?? example.tenant, name: example.name} : this.#keyOf(tenant ?? this.tenant);
    if (sameKey(key, this.#draft)) return;
    const turn = ++this.#opening;
    await this.#drafts.flush();
    const kept = await this.#keptOf(key);
    if (turn !== this.#opening) return;
    this.#put(kept ?? this.#written(key), kept !== null);
  }

  // -- files --------------------------------------------------------------------------------------------------

  /** Earlier states of the project, newest first. */
  versions() {
    return this.#versions.list(this.#draft, this.#named(this.name));
  }

  /**
   * Put a version's files and payload in place of those of now, which become a version.
   * @param {Project} version
   * @returns {() => void} takes it back
   */
  restoreVersion(version) {
    const before = this.#now();
    void this.#versions.add(before, {why: 'restored'});
    const open = this.file in version.files ? this.file : version.main;
    this.#put({...this.#draft, ...bare(version), tenant: this.tenant, name: this.name, title: this.title, open}, true);
    this.#edited();
    return () => this.#takeBack(before);
  }

  /** Put another payload in place, as if it had been typed. @param {string} text */
  setPayload(text) {
    this.payload.value = text;
    this.#edited();
    this.dispatchEvent(new Event('opened'));
  }

  /** Show a file. @param {string} path */
  show(path) {
    if (path === this.file || !(path in this.#draft.files)) return;
    this.dispatchEvent(new Event('leaving'));
    this.#draft = {...this.#draft, files: this.files, open: path};
    this.#show();
    if (this.#touched) this.#drafts.keep(this.#now());
    this.dispatchEvent(new Event('opened'));
  }

  /**
   * Put other files in place of those there are, as one change of the reader's; the caller offers to take it back.
   * @param {Record<string, string>} files
   * @param {{open?: string, main?: string}} [which]
   */
  rearrange(files, {open = this.file, main = this.main} = {}) {
    this.dispatchEvent(new Event('leaving'));
    this.#draft = {...this.#draft, files, open: open in files ? open : main, main};
    this.#show();
    this.#edited();
    this.dispatchEvent(new Event('opened'));
  }

  // -- putting in place ---------------------------------------------------------------------------------------

  /** @param {Draft} draft @param {boolean} [touched] whether the reader has changed it */
  #put(draft, touched = false) {
    this.dispatchEvent(new Event('leaving'));
    this.#draft = draft;
    this.#touched = touched;
    writePrefs({examples: {...readPrefs().examples, [draft.tenant]: draft.name}});
    this.#show();
    this.dispatchEvent(new Event('opened'));
  }

  /** Show the open file and the payload without an edit. */
  #show() {
    this.#silent = true;
    this.editor.open(this.key(), this.#draft.files[this.file]);
    if (this.payload.value !== this.#draft.payload) this.payload.value = this.#draft.payload;
    this.#silent = false;
  }

  /** Typed in the page before the kept project was read: it stays, the kept one becomes a version. @param {Draft} kept */
  async #setAside(kept) {
    await this.#versions.add(kept, {why: 'replaced'});
    this.#edited();
    this.#tell('replaced', {undo: () => this.#takeBack(kept)});
  }

  /** Go on with the files of the kept project and the text that was typed into its open one. @param {Draft} kept */
  #adopt(kept) {
    this.#draft = kept;
    this.#edited();
  }

  /** @param {Draft} draft */
  #takeBack(draft) {
    if (sameKey(draft, this.#draft) && this.#touched) void this.#versions.add(this.snapshot(), {why: 'replaced'});
    this.#put(draft);
    this.#edited();
    this.dispatchEvent(new Event('moved'));
  }

  #edited() {
    if (this.#silent) return;
    this.keep();
    this.dispatchEvent(new Event('edited'));
  }

  /** @returns {Draft} */
  #now() {
    return {...this.#draft, files: this.files, payload: this.payload.value, at: Date.now()};
  }

  // -- finding ------------------------------------------------------------------------------------------------

  /** What the address asks for, as far as it is known before the database is open. @returns {Draft} */
  #first() {
    const mirror = mirrored();
    const query = new URLSearchParams(location.search);
    const [tenant, asked] = [query.get('tenant'), this.#named(query.get('example'))];
    const fits = mirror && (!tenant || mirror.tenant === tenant) && (!asked || mirror.name === asked.name);
    if (fits) {
      this.#touched = true;
      return mirror;
    }
    return this.#written(asked ? {tenant: tenant ?? asked.tenant, name: asked.name} : this.#keyOf(tenant));
  }

  /** An example as it was written, or the first one where there is none of that name. @param {Key} key */
  #written({tenant, name}) {
    return draftOf(projectOf(this.#named(name) ?? this.#examples[0], tenant), 'example');
  }

  /** The newest project of a tenant that only the database knows. @returns {Draft | undefined} */
  #ofUnknownTenant() {
    const {tenant} = this;
    return this.#examples.some((example) => example.tenant === tenant) ? undefined : this.#kept.find((one) => one.tenant === tenant);
  }

  /** @param {Key} key */
  #keptOf(key) {
    return this.#drafts.read(key, this.#named(key.name));
  }

  async #list() {
    const records = await this.#drafts.list();
    this.#kept = records.flatMap((record) => readDraft(record, this.#named(record.name)) ?? []);
    this.dispatchEvent(new Event('listed'));
  }

  /** @param {string | null} name */
  #named(name) {
    return this.#examples.find((example) => example.name === name) ?? null;
  }

  /** The project last open for a tenant, or its first. @param {string | null} tenant @returns {Key} */
  #keyOf(tenant) {
    const theirs = (/** @type {Key} */ one) => one.tenant === tenant;
    const one = this.#kept.find(theirs) ?? this.#examples.find(theirs) ?? this.#examples[0];
    return tenant ? {tenant, name: readPrefs().examples[tenant] ?? one.name} : {tenant: one.tenant, name: one.name};
  }

  /** @param {string} wish */
  #unused(wish) {
    const taken = new Set(this.tenants);
    for (let n = 1; ; n += 1) {
      const tenant = n === 1 ? wish : `${wish}-${n}`;
      if (!taken.has(tenant)) return tenant;
    }
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
