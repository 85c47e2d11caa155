// @ts-check
// Tells a shared record behind the # of an address from a place on the page, before anything is loaded to read it.

/** Whether the part of an address behind the # was meant as a shared record. @param {string} hash */
export function isLink(hash) {
  return /^[1-9][\w-]{4}/.test(clean(hash));
}

/** Without what stands around it: the #, line ends and blanks of a wrapped mail. @param {string} text */
export function clean(text) {
  return text.replace(/^#/, '').replace(/\s|%20|%0[AaDd]/g, '');
}
