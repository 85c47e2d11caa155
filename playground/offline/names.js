// @ts-check
// What the page and its service worker call the caches, the locks and the messages between them.

/** @typedef {{build: string, kept: string[], fixed: string[]}} Build kept: addresses that never change their content; fixed: the others, with their SHA-256 */
/** @typedef {{kind: 'activate'} | {kind: 'which'} | {kind: 'fill'}} Wish of a page to a service worker */

/** Every name starts like this, so that erasing finds it. @param {string} scope address of the site's folder */
export const prefixOf = scope => `dynamic-workflows offline ${new URL(scope).pathname}`;

/** What the runs come before, as the kernel takes it: when the disk is full they need the room. @param {string} scope */
export const spareOf = scope => ({caches: prefixOf(scope), note: `${prefixOf(scope)} given up`});

/** Room that is taken while others are filled, and given back: so much is left to the runs. @param {string} scope */
export const headroomOf = scope => `${prefixOf(scope)} headroom`;

/** What never changes, of all builds. @param {string} scope */
export const assetsOf = scope => `${prefixOf(scope)} assets`;

/** What one build has under fixed addresses. @param {string} scope @param {string} build */
export const buildOf = (scope, build) => `${prefixOf(scope)} build ${build}`;

/** What was visited besides. @param {string} scope */
export const visitedOf = scope => `${prefixOf(scope)} visited`;

/** Held by every open page of a build: its files stay. @param {string} scope @param {string} build */
export const lockOf = (scope, build) => `${prefixOf(scope)} open ${build}`;
