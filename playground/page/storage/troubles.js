// @ts-check
// Bars for what the kernel cannot do: no storage, no space, no Python, another tab that is silent.
import {announce} from '../../ui/announce.js';
import {kernelWords} from '../header.js';
import {buttons, failure, notices as words} from '../../words/index.js';
import {dismiss, notify} from '../../ui/notices.js';

/** @typedef {import('../run/session.js').Session} Session */

/**
 * @param {Session} session
 * @param {import('./storage.js').Storage} storage
 */
export function attachTroubles(session, storage) {
  let stage = '';
  let full = false;
  let spared = false;
  const save = {label: buttons.export, act: () => void storage.export()};
  const look = () => {
    const {kernel, trouble} = session;
    if (kernel.stage !== stage) {
      stage = kernel.stage;
      if (stage === 'ready' || stage === 'follower') announce(kernelWords(kernel));
    }
    toggle(kernel.storage === 'memory', 'storage', () => ({text: words.denied, tone: 'wait', kept: true, actions: [save]}));
    toggle(kernel.stage === 'failed' || blocked(), 'failed', () => ({
      text: kernel.error?.name === 'Fenced' ? failure.fenced : `${failed(kernel.error)} ${failure.still}`, tone: 'fail', kept: true,
      actions: [mend(kernel, session)],
    }));
    toggle(kernel.blocked === true, 'blocked', () => ({text: words.blocked, tone: 'wait', kept: true}));
    toggle(kernel.erased === true, 'erased', () => kernel.salvage
      ? {text: words.erased, tone: 'fail', kept: true, actions: [
        {label: buttons.putBack, act: () => void storage.putBack()}, {label: buttons.export, act: () => void storage.exportSalvage()},
      ]}
      : {text: words.erasedGone, tone: 'fail'});
    if (kernel.stage === 'killed' && kernel.error?.name === 'StoreLost') notify('lost', {text: words.lost, tone: 'wait', for: 10_000});
    toggle(kernel.stage === 'silent', 'silent', () => ({
      text: kernelWords(kernel), tone: 'wait', kept: true,
      actions: [{label: kernel.leads ? buttons.restartEngine : buttons.takeOver, act: () => void session.takeOver()}],
    }));
    if (full && !kernel.readOnly) session.forget(isFull);
    full = kernel.readOnly === true;
    toggle(full, 'full', () => ({
      text: kernel.unstored ? words.full(kernel.unstored) : words.fullNow, tone: 'fail', kept: true,
      actions: [{label: buttons.freeSpace, act: () => void storage.free()}, save, {label: buttons.tryAgain, act: () => storage.retry()}],
    }));
    if (kernel.spared && !spared) notify('spared', {text: words.spared, tone: 'wait', actions: [{label: buttons.freeSpace, act: () => void storage.free()}]});
    spared = kernel.spared === true;
    toggle(Boolean(kernel.crowd), 'crowded', () => {
      const {bytes, budget} = /** @type {{bytes: number, budget: number}} */ (kernel.crowd);
      const over = bytes > budget;
      return {text: (over ? words.over : words.crowded)(bytes, budget), tone: over ? 'fail' : 'wait', kept: true,
        actions: [{label: buttons.freeSpace, act: () => void storage.free()}, save]};
    });
    toggle(trouble !== null && !isFull(trouble) && !kernel.erased, 'trouble', () => ({text: trouble?.message ?? '', tone: 'fail'}));
  };
  session.addEventListener('change', look);
  look();
  session.addEventListener('due', () => notify('due', {text: words.due(session.dueWhileClosed)}));
}

/** @param {boolean} on @param {string} name @param {() => import('../../ui/notices.js').Notice} notice */
function toggle(on, name, notice) {
  if (on) notify(name, notice());
  else dismiss(name);
}

/**
 * What may help against an engine that does not start; one of another tab is tried here.
 * @param {import('../../ui/types.js').KernelState} kernel
 * @param {Session} session
 */
function mend({error, leads}, session) {
  const here = () => void session.takeOver();
  if (error?.name === 'Fenced') return {label: buttons.takeOver, act: here};
  if (error?.name === 'StoreTooNew') return {label: buttons.reloadNow, act: () => location.reload()};
  return {label: buttons.tryAgain, act: leads ? () => location.reload() : here};
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
  if (error?.name === 'StoreTooNew') return failure.newer;
  if (error?.name === 'StoreLost') return failure.storage(error.message);
  if (blocked() || /WebAssembly|CompileError/.test(`${error?.name} ${error?.message}`)) return failure.noWasm;
  if (/fetch|import|network/i.test(error?.message ?? '')) return failure.missing;
  return failure.other(error?.message ?? '');
}
