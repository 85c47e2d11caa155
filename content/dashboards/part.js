// @ts-check
// A part of a dashboard: markup that Python writes. Where it changes only what differs is touched, so that the focus,
// what was typed and what was opened stay; what the reader does goes back as a message.

/** @typedef {{html: string, source: string, data: any, send_msg: (message: object) => void, on: (name: string, heard: () => void) => void}} Model */

/** @param {{model: Model, el: HTMLElement}} context */
export function render({model, el}) {
  const root = document.createElement('div');
  root.className = 'part';
  followTheme(/** @type {ShadowRoot} */ (el.getRootNode()).host ?? el);
  const draw = () => morph(root, parsed(model.html));
  root.addEventListener('click', (event) => clicked(event, model));
  root.addEventListener('submit', (event) => submitted(event, model));
  model.on('html', draw);
  draw();
  return root;
}

/** @param {string} html */
function parsed(html) {
  const template = document.createElement('template');
  template.innerHTML = html; // written by html.py, which escapes all that is not markup of its own
  return template.content;
}

/** @param {Event} event @param {Model} model */
function clicked(event, model) {
  const target = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('[data-act]'));
  const {ctrlKey, metaKey, shiftKey} = /** @type {MouseEvent} */ (event);
  if (!target || target instanceof HTMLFormElement || ctrlKey || metaKey || shiftKey) return;
  event.preventDefault();
  model.send_msg({...target.dataset});
}

/** @param {Event} event @param {Model} model */
function submitted(event, model) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  model.send_msg({...form.dataset, ...Object.fromEntries(new FormData(form))});
}

/**
 * Make the children of a node like those of another one.
 * @param {Node} node
 * @param {Node} wanted
 */
function morph(node, wanted) {
  const [old, fresh] = [[...node.childNodes], [...wanted.childNodes]];
  fresh.forEach((child, at) => {
    const known = old[at];
    if (!known) node.appendChild(child);
    else if (known.nodeName !== child.nodeName) node.replaceChild(child, known);
    else if (known instanceof Element) morphElement(known, /** @type {Element} */ (child));
    else if (known.nodeValue !== child.nodeValue) known.nodeValue = child.nodeValue;
  });
  for (const gone of old.slice(fresh.length)) node.removeChild(gone);
}

/** @param {Element} known @param {Element} wanted */
function morphElement(known, wanted) {
  for (const {name} of [...known.attributes]) if (!wanted.hasAttribute(name) && name !== 'open') known.removeAttribute(name);
  for (const {name, value} of wanted.attributes) if (known.getAttribute(name) !== value) known.setAttribute(name, value);
  morph(known, wanted);
}

/** In a notebook the theme is JupyterLab's, elsewhere the reader's. @param {Element} host */
export function followTheme(host) {
  const told = () => document.body.dataset.jpThemeLight;
  const put = () => {
    if (told()) host.setAttribute('data-theme', told() === 'false' ? 'dark' : 'light');
  };
  put();
  new MutationObserver(put).observe(document.body, {attributeFilter: ['data-jp-theme-light']});
}
