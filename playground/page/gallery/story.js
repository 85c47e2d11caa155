// @ts-check
// What an example shows, in the place of the headline, for as long as the example is open. The first one has the headline.
import {$, h, replace} from '../../ui/dom.js';
import {gallery as words} from '../../words/index.js';
import {icon} from '../../ui/icons.js';
import {readPrefs, writePrefs} from '../prefs.js';

/** @typedef {import('../code/workspace.js').Workspace} Workspace */

/**
 * Show the story of the open example; folded it keeps its title, and stays folded.
 * @param {Workspace} workspace
 * @param {string} first the example with no story of its own on the page
 */
export function attachStory(workspace, first) {
  const fold = h('details');
  const home = h('section', {class: 'story', id: 'story', 'aria-label': words.story, hidden: true}, fold);
  $('#band').after(home);
  fold.addEventListener('click', (event) => { // before it opens or closes
    if (/** @type {Element} */ (event.target).closest('summary')) writePrefs({story: fold.open ? 'folded' : 'open'});
  });
  const update = () => {
    const {example} = workspace;
    const told = example && example.name !== first && example.story ? example : null;
    home.hidden = told === null;
    document.documentElement.toggleAttribute('data-story', told !== null);
    if (!told) return;
    replace(fold, h('summary', null, told.title, icon('chevron')), h('p', null, told.story));
    fold.open = (readPrefs().story || (matchMedia('(max-width: 719px)').matches ? 'folded' : 'open')) === 'open';
  };
  workspace.addEventListener('opened', update);
  update();
}
