// @ts-check
// What the page and its service worker call the caches, the locks and the messages between them.

/** @typedef {{build: string, kept: string[], fixed: string[]}} Build kept: addresses that never change their content; fixed: the others, with their SHA-256 */
/** @typedef {{kind: 'activate'} | {kind: 'which'}} Wish of a page to a service worker */

/** Every name starts like this, so that erasing finds it. @param {string} scope address of the site's folder */
export const prefixOf = scope => `dynamic-workflows offline ${new URL(scope).pathname}`;

/** What never changes, of all builds. @param {string} scope */
export const assetsOf = scope => `${prefixOf(scope)} assets`;

/** What one build has under fixed addresses. @param {string} scope @param {string} build */
export const buildOf = (scope, build) => `${prefixOf(scope)} build ${build}`;

/** What was visited besides. @param {string} scope */
export const visitedOf = scope => `${prefixOf(scope)} visited`;

/** Held by every open page of a build: its files stay. @param {string} scope @param {string} build */
export const lockOf = (scope, build) => `${prefixOf(scope)} open ${build}`;
