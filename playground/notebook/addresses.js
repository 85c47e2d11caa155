// @ts-check
// Where the site is, and which run an output names.

const HERE = /^(.*\/)jupyter\/[^/]+\/?[^/]*$/;

/**
 * addressIn reads the address of a run; whatever else an output holds is left out.
 * @param {unknown} data
 * @returns {{tenant: string, workflow: string, run: string}}
 */
export function addressIn(data) {
  const {tenant = '', workflow = '', id = ''} = /** @type {Record<string, unknown>} */ (data ?? {});
  return {tenant: String(tenant), workflow: String(workflow), run: String(id)};
}

/**
 * siteOf returns the site's folder from the address of one of its JupyterLite pages.
 * @param {string} address
 */
export function siteOf(address) {
  const {origin, pathname} = new URL(address);
  const found = HERE.exec(pathname);
  return new URL(found ? found[1] : '/', origin);
}
