// @ts-check
// Undo that survives a reload: the last 200 changes of each file, kept beside its text.

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./editor/handoff.js').HandedEditor} HandedEditor */
/** @typedef {import('./database.js').PageDatabase} PageDatabase */

/**
 * Keep the undo history of what is edited with each write of it, and bring it back with each document.
 * @param {PageDatabase} database
 * @param {EventTarget} drafts
 * @param {Workspace} workspace
 * @param {HandedEditor} editor
 */
export function keepUndo(database, drafts, workspace, editor) {
  /** @type {Set<string>} documents whose history is in the editor already */ const known = new Set();
  /** @type {Map<string, any[]>} histories by project: read at once, so that a file that is opened has its own with it */ const read = new Map();
  const keep = () => editor.mirrored((mirror) => {
    if (!known.has(workspace.key())) return;
    const {tenant, name, file: path} = workspace;
    const record = {tenant, name, path, ...mirror.history()}; // now: the database may open when another file is shown
    void database.write('undo', (undo) => undo.put(record));
  });
  const bringBack = () => editor.mirrored((mirror) => {
    const key = workspace.key();
    const kept = read.get(workspace.key(''));
    if (!kept || known.has(key)) return;
    known.add(key);
    const one = kept.find(({path}) => path === workspace.file);
    if (one) mirror.remember(one);
  });
  const opened = async () => {
    const {tenant, name} = workspace;
    const project = workspace.key('');
    if (!read.has(project)) read.set(project, await database.all('undo', {range: IDBKeyRange.bound([tenant, name], [tenant, name, []])}));
    bringBack();
  };
  drafts.addEventListener('saved', (event) => /** @type {CustomEvent} */ (event).detail === 'yes' && keep());
  workspace.addEventListener('leaving', keep);
  workspace.addEventListener('opened', () => {
    bringBack();
    void opened();
  });
}
