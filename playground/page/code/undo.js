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
  const known = new Set(); // documents whose history is in the editor already
  const keyOf = () => [workspace.tenant, workspace.name, workspace.file];
  const keep = () => editor.mirrored((mirror) => {
    const [tenant, name, path] = keyOf();
    if (known.has(workspace.key())) void database.write('undo', (undo) => undo.put({tenant, name, path, ...mirror.history()}));
  });
  const restore = () => {
    const key = workspace.key();
    if (known.has(key)) return;
    void database.get('undo', keyOf()).then((kept) => editor.mirrored((mirror) => {
      if (workspace.key() !== key || known.has(key)) return;
      known.add(key);
      if (kept) mirror.remember(kept);
    }));
  };
  drafts.addEventListener('saved', (event) => /** @type {CustomEvent} */ (event).detail === 'yes' && keep());
  workspace.addEventListener('opened', restore);
}
