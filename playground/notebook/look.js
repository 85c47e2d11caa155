// @ts-check
// The look of a run in a notebook: the page's tokens and the timeline's styles, kept apart from JupyterLab's.
import base from '../styles/base.css';
import timeline from '../styles/timeline.css';
import tokens from '../styles/tokens.css';
import card from './card.css';

/** @type {CSSStyleSheet | null} */
let shared = null;

/** The one style sheet of all runs on a page. */
export function sheet() {
  if (shared) return shared;
  const made = shared = new CSSStyleSheet();
  made.replaceSync([tokens, base, timeline, card].join('\n').replace(/:root(\[[^\]]+\])/g, ':host($1)').replaceAll(':root', ':host'));
  return made;
}

/** The theme that JupyterLab shows. */
export function themeOf() {
  return document.body.dataset.jpThemeLight === 'false' ? 'dark' : 'light';
}

/**
 * Hear of the theme now and whenever it changes, until the returned function is called.
 * @param {(theme: 'light' | 'dark') => void} changed
 */
export function watchTheme(changed) {
  const observer = new MutationObserver(() => changed(themeOf()));
  observer.observe(document.body, {attributeFilter: ['data-jp-theme-light']});
  changed(themeOf());
  return () => observer.disconnect();
}
