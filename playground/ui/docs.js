// @ts-check
// Links into the docs: what an error or a rule of the linter means. They open beside, so that nothing typed here is left.
import {docs as words} from '../words/index.js';
import {h} from './dom.js';

/** Errors that have a page: content/docs/errors, as a test compares. Whatever else code raises is explained elsewhere. */
export const ERROR_PAGES = new Set(`
  CodeError CpuTimeExceeded CreationRateExceeded InstanceAlreadyExists InstanceCannotRestart
  InstanceCannotTerminate InstanceError InstanceFinished InstanceNotFound InstanceTerminated IntrospectionError
  InvalidBatch InvalidDuration InvalidEventType InvalidInstanceId InvalidOptions InvalidSchedule
  InvalidStepReadableStreamError InvalidWorkflowName LoaderError MissingDispatcherMetadataError NoEngine
  NoEntrypoint NonRetryableDelayError NonRetryableError NotAStore NotAvailableError NotSerialisable NothingToRetry
  NothingToSkip OutboundNotPermitted OversizedStreamChunkError PayloadTooLarge ProtocolError ResourceLimitError
  SandboxUnavailable StepError StorageFullError StorageLimitExceeded StoreError StoreLost StoreReadOnly StoreTooNew StreamError
  TooManySubrequests UnknownWorkflow UnsupportedStreamChunkError WorkflowError WorkflowFatalError
  WorkflowInternalError WorkflowTimeoutError WorldError
`.trim().split(/\s+/));

/** @type {{root: URL | null}} where the site of this page is; without one nothing is linked */
const site = {root: null};

/** Say where the docs are found. @param {URL | string} base the site's folder */
export function docsAreAt(base) {
  site.root = new URL('docs/', base);
}

/**
 * A link to the page of an error, where it has one.
 * @param {string} name of its class
 */
export function errorLink(name) {
  return ERROR_PAGES.has(name) ? linkTo(`errors/${name}`, name) : null;
}

/**
 * A link to a page of the docs, or to a section of it, named after what it explains.
 * @param {string} page such as `concepts/lint#not-awaited`
 * @param {string} what
 */
export function linkTo(page, what) {
  if (!site.root) return null;
  const [path, section] = page.split('#');
  const href = new URL(`${path}.html${section ? `#${section}` : ''}`, site.root).href;
  return h('a', {class: 'docs-link', href, target: '_blank', rel: 'noopener', 'aria-label': words.explains(what)}, words.explain);
}
