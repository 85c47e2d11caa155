// @ts-check
// The look of a run in a notebook: the page's tokens and the timeline's styles, kept apart from JupyterLab's.
import base from '../styles/base.css';
import controls from '../styles/controls.css';
import inspector from '../styles/inspector.css';
import timeline from '../styles/timeline.css';
import tokens from '../styles/tokens.css';
import card from './card.css';

let put = false;

/** Give the document the style sheet of runs, once. Everything in it is nested: it reaches nothing of JupyterLab's. */
export function putStyles() {
  if (put) return;
  put = true;
  const sheet = new CSSStyleSheet();
  const text = [tokens, base, controls, timeline, inspector, card].join('\n').replaceAll(':root', '&');
  sheet.replaceSync(`workflow-run{${text}}`);
  document.adoptedStyleSheets.push(sheet);
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
