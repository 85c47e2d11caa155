// @ts-check
// The way to what is stored: its code is loaded ahead once the engine answers, so that it is here when storage fails.
import {notify} from '../../ui/notices.js';
import {onDemand} from '../../ui/on-demand.js';
import {notices, offline} from '../../words/index.js';

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../code/drafts.js').Drafts} Drafts */

/**
 * @param {Kernel} kernel
 * @param {Drafts} drafts
 * @param {() => string} tenant whose code is open
 */
export function storageDoor(kernel, drafts, tenant) {
  const open = onDemand(async () => {
    const {Storage} = await import('./storage.js');
    return new Storage(kernel, drafts, tenant);
  }, () => notify('offline', {text: offline.notYet, tone: 'wait'}));
  kernel.addEventListener('leaving', () => drafts.stop());
  kernel.addEventListener('left', () => open((storage) => storage.erasedElsewhere()));
  kernel.addEventListener('replaced', () => notify('replaced', {text: notices.replacedHere}));
  return {
    ahead: open.ahead,
    show: () => open((storage) => storage.show()),
    export: () => open((storage) => storage.export()),
    free: () => open((storage) => storage.free()),
    putBack: () => open((storage) => storage.putBack()),
    exportSalvage: () => open((storage) => storage.exportSalvage()),
    retry: () => kernel.reopen(),
  };
}
