// @ts-check
// The Share dialog: what is inside, what the sharer says, and the text in four forms.
import {encode} from '../../share/link.js';
import {SUFFIX, writeFile} from '../../share/file.js';
import {LONG_CHARS, NOTE_CHARS, SAFE_CHARS, TITLE_CHARS} from '../../share/limits.js';
import {announce} from '../../ui/announce.js';
import {show} from '../../ui/dialog.js';
import {h, replace, say} from '../../ui/dom.js';
import {size} from '../../ui/format.js';
import {copy} from '../../ui/notices.js';
import {visible} from '../../ui/text.js';
import {buttons, share as words} from '../../words/index.js';
import {readPrefs, writePrefs} from '../prefs.js';
import {contentsOf, stepsOf} from './contents.js';
import {saveFile} from './files.js';
import {baseOf, embedOf, isLocal, linkOf, markdownOf} from './formats.js';
import {recordOf, runToShare} from './record.js';

/** @typedef {import('./sharing.js').Sharing} Sharing */
/** @typedef {keyof typeof words.formats} Format */

/** @param {Sharing} sharing */
export function showShare(sharing) {
  if (!document.querySelector('dialog.share')) new ShareDialog(sharing);
}

class ShareDialog {
  /** @type {Format} */ #format = 'link';
  #text = '';
  #turn = 0;
  #written = Promise.resolve();
  #run;
  #contents = h('div');
  #version = h('p', {class: 'muted'}, words.ownVersion);
  #output = h('textarea', {class: 'code', readonly: true, rows: 3, 'aria-label': words.text, spellcheck: 'false', onfocus: () => this.#output.select()});
  #length = h('p', {class: 'length', role: 'status'});
  #include = h('input', {type: 'checkbox', id: 'share-include', onchange: () => this.#change()});
  #title = h('input', {type: 'text', id: 'share-title', maxlength: TITLE_CHARS, autocomplete: 'off', oninput: () => this.#change()});
  #note = h('textarea', {id: 'share-note', rows: 2, maxlength: NOTE_CHARS, oninput: () => this.#change()});
  #address = h('input', {type: 'url', id: 'share-address', placeholder: 'https://', autocomplete: 'url', 'aria-describedby': 'share-local', oninput: () => this.#change()});
  #local = h('p', {id: 'share-local', class: 'tone-wait'}, words.local);

  /** @param {Sharing} sharing */
  constructor(sharing) {
    this.sharing = sharing;
    this.#run = runToShare(sharing);
    this.#include.checked = this.#run !== null;
    this.#address.value = readPrefs().publicAddress;
    const said = sharing.said;
    [this.#title.value, this.#note.value] = [said?.title ?? '', said?.note ?? ''];
    const dialog = show(words.title, this.#body(), buttons.copy, () => this.#act());
    dialog.classList.add('share');
    this.#button = /** @type {HTMLButtonElement} */ (dialog.querySelector('.button.filled'));
    this.#change();
  }

  /** @type {HTMLButtonElement} */ #button;

  #body() {
    const {base} = this;
    const include = this.#run && h('label', {class: 'check'}, this.#include, h('span', null, words.include(this.#run.name, stepsOf(this.#run.history))));
    const formats = h('div', {class: 'formats', role: 'radiogroup', 'aria-label': words.format}, Object.entries(words.formats).map(([name, word]) =>
      h('label', null, h('input', {type: 'radio', name: 'share-format', value: name, checked: name === 'link', onchange: () => this.#choose(/** @type {Format} */ (name))}), h('span', null, word))));
    return [
      h('p', {class: 'muted'}, h('span', null, words.saved), ' ', h('span', null, words.public)), h('h3', null, words.inside), include, this.#version, this.#contents,
      h('div', {class: 'fields'}, h('label', {for: 'share-title'}, words.titleLabel), this.#title, h('label', {for: 'share-note'}, words.noteLabel), this.#note,
        h('p', {class: 'muted'}, words.quote)),
      formats,
      isLocal(base) ? h('div', {class: 'address'}, this.#local, h('label', {for: 'share-address'}, words.address), this.#address) : null,
      this.#output, this.#length,
    ];
  }

  /** Where this page is, as it was told when it was built or as the browser has it. */
  get base() {
    return this.sharing.page.content.publicUrl ?? new URL('./', document.baseURI).href;
  }

  /** @param {Format} format */
  #choose(format) {
    this.#format = format;
    this.#written = this.#write();
  }

  /** What is inside has changed. */
  #change() {
    const shared = this.#record();
    this.#version.hidden = !shared.run || !this.#run?.earlier;
    replace(this.#contents, contentsOf(shared));
    this.#written = this.#write();
  }

  #record() {
    return recordOf(this.sharing, this.#include.checked ? this.#run : null, {title: this.#title.value.trim(), note: this.#note.value.trim()});
  }

  async #write() {
    const turn = ++this.#turn;
    const shared = this.#record();
    const typed = baseOf(this.#address.value);
    const wrong = this.#address.value.trim() !== '' && !typed;
    this.#address.setAttribute('aria-invalid', String(wrong));
    say(this.#local, wrong ? words.badAddress : words.local);
    this.#local.hidden = typed !== null && !isLocal(typed);
    if (typed) writePrefs({publicAddress: this.#address.value.trim()});
    const base = typed ?? this.base;
    const text = this.#format === 'file' ? '' : await encode(shared).catch(() => null);
    if (turn === this.#turn) this.#show(shared, base, text);
  }

  /** @param {import('../../share/types.js').Shared} shared @param {string} base @param {string | null} text */
  #show(shared, base, text) {
    const file = this.#format === 'file';
    const link = linkOf(base, text ?? '');
    this.#text = file ? writeFile(shared) : text === null ? '' : {
      link, markdown: markdownOf(shared.title || shared.name, link), embed: embedOf(base, link, shared),
    }[/** @type {'link' | 'markdown' | 'embed'} */ (this.#format)];
    this.#output.hidden = file;
    this.#output.value = this.#text;
    this.#output.rows = this.#format === 'embed' ? 6 : 3;
    say(this.#button, file ? words.save : buttons.copy);
    this.#button.disabled = !this.#text;
    const {words: said, tone} = lengthWords(file ? null : text === null ? Infinity : link.length, this.#text);
    this.#length.className = `length tone-${tone}`;
    say(this.#length, said);
  }

  #act() {
    void this.#written.then(() => this.#hand());
    return false;
  }

  async #hand() {
    if (this.#format === 'file') return saveFile(`${fileName(this.sharing)}${SUFFIX}`, this.#text);
    await copy(this.#button, this.#text);
    announce(words.copied);
  }
}

/** @param {number | null} length of a link @param {string} text of a file */
function lengthWords(length, text) {
  if (length === null) return {words: words.size(size(new Blob([text]).size)), tone: 'muted'};
  if (length === Infinity) return {words: words.noLink, tone: 'wait'};
  if (length <= SAFE_CHARS) return {words: words.short(length, SAFE_CHARS), tone: 'done'};
  return length <= LONG_CHARS ? {words: words.long(length, LONG_CHARS), tone: 'wait'} : {words: words.tooLong(length, LONG_CHARS), tone: 'wait'};
}

/** @param {Sharing} sharing */
function fileName({page: {workspace}}) {
  return visible(workspace.name).replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'workflow';
}
