// @ts-check
// A project: the files of one tenant with their main file and payload, as they are edited, kept and shared.

/** @typedef {import('../../ui/types.js').Example} Example */

/**
 * @typedef {object} Project
 * @property {string} tenant whose code it is
 * @property {string} name its own among the tenant's projects
 * @property {string} title for people
 * @property {Record<string, string>} files text by relative path
 * @property {string} main path of the file that holds the entrypoint
 * @property {string} payload as it was typed
 */

/** @typedef {'example' | 'link' | 'file' | 'own'} Origin where a project came from; what is kept of the reader's is 'own' */
/** @typedef {Project & {origin: Origin, open: string, at: number}} Draft open: the file in the editor; at: when it was kept, in ms */
/** @typedef {{tenant: string, name: string}} Key */

/**
 * An example as the editor shows it: without the empty line after the last line end of a file.
 * @param {Example} example
 * @param {string} [tenant] another one that it runs as
 * @returns {Project}
 */
export function projectOf({tenant: own, name, title, files, main, payload}, tenant = own) {
  const written = Object.entries(files).map(([path, text]) => [path, text.replace(/\n$/, '')]);
  return {tenant, name, title, files: Object.fromEntries(written), main, payload: pretty(payload)};
}

/**
 * @param {Project} project
 * @param {Origin} origin
 * @returns {Draft}
 */
export function draftOf(project, origin) {
  return {...project, files: {...project.files}, origin, open: project.main, at: Date.now()};
}

/** A project alone, whatever else its record holds. @param {Project} record @returns {Project} */
export function bare({tenant, name, title, files, main, payload}) {
  return {tenant, name, title, files: {...files}, main, payload};
}

/** Whether two projects hold the same files and payload. @param {Project} one @param {Project} other */
export function sameContent(one, other) {
  return one.main === other.main && one.payload === other.payload && sameFiles(one.files, other.files);
}

/** @param {Record<string, string>} one @param {Record<string, string>} other */
export function sameFiles(one, other) {
  const paths = Object.keys(one);
  return paths.length === Object.keys(other).length && paths.every((path) => one[path] === other[path]);
}

/** @param {Key} one @param {Key} other */
export function sameKey(one, other) {
  return one.tenant === other.tenant && one.name === other.name;
}

/**
 * Read a kept record; one of before projects had several files holds only the text of its example's main file.
 * @param {any} record
 * @param {Example | null} example
 * @returns {Draft | null}
 */
export function readDraft(record, example) {
  if (!record) return null;
  if (record.files?.[record.open] !== undefined) return record;
  if (typeof record.text !== 'string') return null;
  const base = example ? projectOf(example, record.tenant)
    : {tenant: record.tenant, name: record.name, title: record.name, files: {}, main: 'main.py', payload: record.payload};
  const project = {...base, files: {...base.files, [base.main]: record.text}, payload: record.payload};
  return {...draftOf(project, example ? 'example' : 'own'), at: record.at};
}

/**
 * A payload on one line, as a reader would type it.
 * @param {unknown} value
 * @returns {string}
 */
export function pretty(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pretty).join(', ')}]`;
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${pretty(one)}`).join(', ')}}`;
}
