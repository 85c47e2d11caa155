// @ts-check
// The way to the dashboards.
import {dashboard as words} from '../words/index.js';

/**
 * The item of the page's menu. In a tab of its own: what is typed and run here stays, and shows there.
 * @returns {import('../ui/menu.js').Item}
 */
export function dashboardsItem() {
  return {label: words.item, act: () => void window.open(new URL('dashboard/index.html', document.baseURI), '_blank', 'noopener')};
}
