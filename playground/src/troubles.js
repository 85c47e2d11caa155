// @ts-check
// Bars for what the kernel cannot do: no storage, no space, no Python, another tab that is silent.
import {announce} from './announce.js';
import {kernelWords} from './header.js';
import {buttons, failure, kernel as kernelText, notices as words} from './messages.js';
import {dismiss, notify} from './notices.js';

/** @typedef {import('./session.js').Session} Session */

/** @param {Session} session */
export function attachTroubles(session) {
  let stage = '';
  session.addEventListener('change', () => {
    const {kernel, trouble} = session;
    if (kernel.stage !== stage) {
      stage = kernel.stage;
      if (stage === 'ready' || stage === 'follower') announce(kernelWords(kernel));
    }
    toggle(kernel.storage === 'memory', 'storage', () => ({text: words.denied, tone: 'wait', kept: true}));
    toggle(kernel.stage === 'failed' || blocked(), 'failed', () => ({
      text: `${failed(kernel.error)} ${failure.still}`, tone: 'fail', kept: true, actions: [{label: buttons.tryAgain, act: () => location.reload()}],
    }));
    toggle(kernel.stage === 'silent', 'silent', () => ({
      text: kernelText.silent, tone: 'wait', kept: true, actions: [{label: buttons.takeOver, act: () => void session.takeOver()}],
    }));
    const full = isFull(trouble) || isFull(session.problem);
    toggle(full, 'full', () => ({text: words.fullNow, tone: 'fail', kept: true}));
    toggle(trouble !== null && !full, 'trouble', () => ({text: trouble?.message ?? '', tone: 'fail'}));
  });
  session.addEventListener('due', () => notify('due', {text: words.due(session.dueWhileClosed)}));
}

/** @param {boolean} on @param {string} name @param {() => import('./notices.js').Notice} notice */
function toggle(on, name, notice) {
  if (on) notify(name, notice());
  else dismiss(name);
}

/** @param {Error | null} error */
function isFull(error) {
  return error?.name === 'StorageFullError';
}

function blocked() {
  return typeof WebAssembly === 'undefined';
}

/** @param {{name: string, message: string} | undefined} error */
function failed(error) {
  if (blocked() || /WebAssembly|CompileError/.test(`${error?.name} ${error?.message}`)) return failure.noWasm;
  if (/fetch|import|network/i.test(error?.message ?? '')) return failure.missing;
  return failure.other(error?.message ?? '');
}
