// @ts-check
// Problems as the page shows them: the number above the code, the list below it, marks in it. Loaded once Python is there.
import {$, h, replace} from '../../../ui/dom.js';
import {icon} from '../../../ui/icons.js';
import {problems as words} from '../../../words/index.js';
import {ProblemPanel} from './panel.js';
import {Problems} from './problems.js';

/** @typedef {import('../workspace.js').Workspace} Workspace */
/** @typedef {import('../editor/handoff.js').HandedEditor} HandedEditor */

/**
 * @param {Workspace} workspace
 * @param {HandedEditor} editor
 * @param {{ask: (files: Record<string, string>) => Promise<import('./problems.js').Problem[]>, ready: () => boolean, typed: boolean}} linter
 */
export function startProblems(workspace, editor, linter) {
  const problems = new Problems(workspace, linter);
  const panel = new ProblemPanel(problems, workspace);
  const button = $('#problems-button');
  button.addEventListener('click', () => panel.show(!panel.open));
  problems.addEventListener('change', () => {
    const n = problems.serious.length;
    if (n) replace(button, icon('warning'), h('span', null, words.count(n)));
    button.hidden = n === 0 && !panel.open;
    editor.mirrored((mirror) => void import('../editor/assist.js').then(({diagnose}) => {
      diagnose(mirror, problems.all.filter(({file}) => file === workspace.file), problems);
    }));
  });
  return problems;
}
