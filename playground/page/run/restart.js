// @ts-check
// Restart the shown run, with the code it has or with the code in the editor where that is another one.
import {sameFiles} from '../code/project.js';
import {askCode} from './run-dialogs.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../code/workspace.js').Workspace} Workspace */
/** @typedef {import('../code/project.js').Project} Project */
/** @typedef {ReturnType<typeof import('./verbs.js').startOf>} Start */
/** @typedef {(project: Project, run: import('../../ui/types.js').Run, version: string) => void} Store */

/**
 * Restart from one step on, or from the top; which code runs is asked where there are two.
 * @param {Session} session
 * @param {Workspace} workspace
 * @param {Start} from null is the top
 * @param {Store} store keeps the code that a run goes on with as a version
 */
export function restart(session, workspace, from, store) {
  const start = from ? {from} : {};
  if (!differs(session, workspace)) return void session.ask('restart', start);
  askCode(from?.name ?? null, (edited) => void (edited ? withCode(session, workspace, start, store) : session.ask('restart', start)));
}

/** Whether the editor holds other code of the shown run's tenant. @param {Session} session @param {Workspace} workspace */
function differs({shown, shownCode}, {tenant, files, main}) {
  if (!shown || !shownCode || shown.run.tenant !== tenant) return false;
  return main !== shown.run.main || !sameFiles(shownCode, files);
}

/** @param {Session} session @param {Workspace} workspace @param {{from?: Start}} start @param {Store} store */
async function withCode(session, workspace, start, store) {
  const run = session.shown?.run;
  if (!run) return;
  const project = workspace.snapshot();
  const {files, main} = project;
  session.problem = null;
  try {
    const {version} = /** @type {{version: string}} */ (await session.request('check', {tenant: run.tenant, files, main}));
    session.learn({tenant: run.tenant, version}, files);
    if (await session.ask('restart', {...start, files, main})) store(project, run, version);
  } catch (error) {
    session.problem = /** @type {Error} */ (error); // it cannot start: nothing has changed
    session.changed();
  }
}
