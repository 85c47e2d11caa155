// @ts-check
// What the page shares: the project as it stands, and the run on the right with the code it ran.
import {runs as names, share as words} from '../../words/index.js';
import {sameFiles} from '../code/project.js';
import {settingsOf} from './settings.js';

/** @typedef {import('./sharing.js').Sharing} Sharing */
/** @typedef {import('../../share/types.js').Shared} Shared */
/** @typedef {import('../../share/types.js').History} History */
/** @typedef {{history: History, files: Record<string, string> | null, name: string, earlier: boolean}} RunToShare */

/**
 * The run that is shown, with its own code where that is known and not what the editor holds.
 * @param {Sharing} sharing
 * @returns {RunToShare | null}
 */
export function runToShare({page: {session, workspace, shown}}) {
  const history = shown();
  if (!history?.rows.length) return null;
  const live = session.shown?.run === history.run;
  const files = live ? session.shownCode : null;
  const earlier = files !== null && !sameFiles(trimmed(files), trimmed(workspace.files));
  const {run, rows, ledger} = history;
  return {history: {run, rows, ledger}, files: earlier ? files : null, name: live ? names.of(run) : words.recorded, earlier};
}

/**
 * @param {Sharing} sharing
 * @param {RunToShare | null} run
 * @param {{title: string, note: string}} said
 * @returns {Shared}
 */
export function recordOf({page: {workspace, content, timeline}, delay, schedule}, run, {title, note}) {
  const {tenant, name, files, main, payload} = workspace.snapshot();
  const own = run?.files ? {tenant: run.history.run.tenant, files: run.files, main: run.history.run.main, payload: run.history.run.params} : {tenant, files, main, payload};
  return {version: content.version, name, title, note, settings: settingsOf({delay, schedule, look: timeline.look}), ...own, run: run?.history ?? null};
}

/** Files as the editor holds them. @param {Record<string, string>} files */
function trimmed(files) {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replace(/\n$/, '')]));
}
