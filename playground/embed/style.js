// @ts-check
// The embed's style: that of the page, for one shadow root. The builder puts the text here.

/** @type {CSSStyleSheet | null} one for all embeds of a page */
let sheet = null;

export function styleSheet() {
  if (sheet) return sheet;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(EMBED_STYLE);
  return sheet;
}
