// @ts-check
// The page: puts the parts together. Typing works before this file has loaded.
import {openKernel} from '../../kernel/client.js';
import {goTo, onTravel, place} from './address.js';
import {docsAreAt} from '../ui/docs.js';
import {$, h, replace, say} from '../ui/dom.js';
import {PageDatabase} from './code/database.js';
import {Assist} from './code/assist.js';
import {Drafts} from './code/drafts.js';
import {attachEmbedded, embedded, sleeping} from './embedded.js';
import {HandedEditor} from './code/editor/handoff.js';
import {attachFileBar} from './code/file-bar.js';
import {keepUndo} from './code/undo.js';
import {Catalogue} from './gallery/catalogue.js';
import {attachStory} from './gallery/story.js';
import {GalleryView} from './gallery/view.js';
import {attachExamples, attachKernelState, attachMore, attachTenants, galleryItem} from './header.js';
import {attachDivider, attachSegments, showView} from './layout.js';
import {buttons, code as codeWords, files as fileWords, notices as words, offline, runs as names, saved, status as statusWords} from '../words/index.js';
import {dismiss, notify} from '../ui/notices.js';
import {onDemand} from '../ui/on-demand.js';
import {spareOf} from '../offline/names.js';
import {keepOffline} from '../offline/page.js';
import {dashboardsItem} from './dashboards.js';
import {notebookItem} from './notebook.js';
import {attachPayloadHistory} from './code/payload-history.js';
import {parsePayload, PayloadError} from './code/payload.js';
import {readPrefs, writePrefs} from './prefs.js';
import {Problem} from './code/problem.js';
import {RunActions} from './run/actions.js';
import {RunName} from './run/run-name.js';
import {attachInspect} from './inspect/inspect.js';
import {RunView} from './run/run-view.js';
import {Deletions} from './runs/deletions.js';
import {attachRuns, runGroups} from './runs/runs-menu.js';
import {ALL_RUNS, attachRunsView} from './runs/runs-place.js';
import {Session} from './run/session.js';
import {attachSharing, openItem} from './share/attach.js';
import {ownDelay} from './share/delay.js';
import {attachShortcuts} from './shortcuts.js';
import {storageBudget} from './storage/budget.js';
import {Storage} from './storage/storage.js';
import {attachToolbar} from './run/toolbar.js';
import {Versions} from './code/versions.js';
import {Workspace} from './code/workspace.js';
import {visible} from '../ui/text.js';

/** @typedef {import('../ui/types.js').Content} Content */

const content = /** @type {Content} */ (JSON.parse($('#content').textContent ?? '{}'));
const delivered = /** @type {{dynamicWorkflowsPristine: string, dynamicWorkflowsShown: string}} */ (/** @type {unknown} */ (window));

docsAreAt(document.baseURI);
const catalogue = new Catalogue(content.examples);
const {examples} = catalogue;
const reached = await catalogue.need(place()); // nothing to wait for with the default example
const editor = new HandedEditor();
const database = new PageDatabase();
const [drafts, versions] = [new Drafts(database), new Versions(database)];
const payload = /** @type {HTMLTextAreaElement} */ ($('#payload-text'));
if (embedded) drafts.stop(); // nothing of the reader's is shown there, or stored
const workspace = new Workspace(examples, {drafts, versions}, {editor, payload});
keepUndo(database, drafts, workspace, editor);
const payloads = attachPayloadHistory(database, workspace);
void workspace.restore({pristine: delivered.dynamicWorkflowsPristine, shown: delivered.dynamicWorkflowsShown});

const awake = () => /** @type {import('../ui/types.js').Kernel} */ (/** @type {unknown} */ (openKernel({
  base: new URL('./', document.baseURI), assets: content.assets, worldDelay: ownDelay(), budget: storageBudget(),
  spare: spareOf(new URL('./', document.baseURI).href),
})));
const kernel = embedded ? sleeping(awake) : awake();
Object.assign(window, {dynamicWorkflows: {kernel, workspace}}); // for the console: await dynamicWorkflows.kernel.request('runs')
database.makeRoom = async () => await kernel.giveUp?.() ?? false;
const session = new Session(kernel);
const storage = new Storage(kernel, drafts, () => workspace.tenant);
const problem = new Problem(editor);
const deletions = new Deletions(session);
const restarts = onDemand(() => import('./run/restart.js'), notYet);
const actions = new RunActions(session, removeRun, (from) => restarts(({restart}) => restart(session, workspace, from, storeVersion)));
const runName = new RunName(session, actions);
const view = new RunView(session, workspace, {recorded: () => sharing.recorded ?? workspace.example?.recorded ?? null, showCode: () => void showCode(), actions, name: runName, share: () => sharing.showDialog(), report: () => sharing.showReport()});
/** @type {import('./schedules/strip.js').ScheduleStrip | null} once it is loaded */ let strip = null;
const sharing = attachSharing({workspace, session, content, goTo, timeline: view.timeline, schedule: () => strip?.expression ?? workspace.example?.schedule ?? '', update: () => view.update(), shown: () => view.history});

/** @type {import('./code/project.js').Project | null} what the last press of Run was for */
let pressed = null;

function run() {
  const asked = order();
  if (!asked) return;
  void drafts.flush();
  pressed = workspace.snapshot();
  kernel.wake?.();
  void session.start(asked);
}

/** What a run started now would be; null, and why, where it cannot start. @returns {import('../ui/types.js').Order | null} */
function order() {
  problem.clear();
  let value;
  try {
    value = parsePayload(payload.value);
  } catch (error) {
    if (error instanceof PayloadError) {
      togglePayload(true);
      problem.payload(error, payload);
    }
    return null;
  }
  const {files, main} = workspace;
  if (files[main].trim()) return {tenant: workspace.tenant, files, main, payload: value};
  problem.show(codeWords.empty(main), null);
  return null;
}

/** @param {'engine' | 'sandbox'} target */
function kill(target) {
  if (session.shown && session.canRun) void session.kill(target);
}

/** Show the code that the shown run was started with, over the editor. */
async function showCode() {
  const {CodeView} = await import('./code/code-view.js');
  const run = session.shown?.run;
  const files = session.shownCode;
  if (!run || !files) return;
  const title = statusWords.thatCode.replace('{run}', visible(names.of(run)));
  new CodeView({title}).show({files, main: run.main}, {against: workspace.files, label: title, ...view.marks()});
}

/** What a plain address showed when the page was opened. */
const home = {tenant: workspace.tenant, name: workspace.name};

function showPlace() {
  const {tenant, run, example, view: whole} = place();
  if (whole === ALL_RUNS) return; // it lies over what is shown
  document.querySelector('.thatcode')?.dispatchEvent(new Event('leave'));
  view.wanted = false;
  if (sharing.arrive()) return;
  session.select(tenant && run ? {tenant, id: run} : null);
  void goThere(tenant || example ? {tenant, example} : home);
  void gallery.update();
}

/** Put the code of a place in the editor, once its examples are here. @param {Parameters<Workspace['go']>[0]} to */
async function goThere(to) {
  if (await catalogue.need(to)) return workspace.go(to);
  notYet();
}

/** Something was asked for that this browser has not kept. */
function notYet() {
  notify('offline', {text: offline.notYet, tone: 'wait'});
}

const gallery = new GalleryView(content.gallery, (name) => {
  goTo({example: name});
  showPlace();
});

/** @param {string} name */
async function openExample(name) {
  problem.clear();
  if (!await catalogue.need({example: name})) notYet();
  else if (await workspace.openExample(name)) {
    view.wanted = false;
    goTo({example: name});
    session.select(null);
    void gallery.update();
  }
}

/** @param {import('../ui/types.js').Run} chosen */
function openRun({tenant, id}) {
  view.wanted = false;
  goTo({tenant, run: id});
  session.select({tenant, id});
  void goThere({tenant});
  void gallery.update();
  showView('run');
}

/** Delete the shown run: the newest that is left takes its place until it is undone. @param {import('../ui/types.js').Run} run */
function removeRun(run) {
  void deletions.run(run, () => openRun(run));
  leaveRun();
}

/** The shown run is gone: show the newest of its tenant, or what was recorded. */
function leaveRun() {
  const next = session.runs.find(({tenant}) => tenant === workspace.tenant);
  if (next) return openRun(next);
  goTo(workspace.address);
  session.select(null);
}
session.addEventListener('gone', leaveRun);

/** Keep the code a run was started or restarted with. @param {import('./code/project.js').Project} project @param {import('../ui/types.js').Run} run @param {string} [version] */
function storeVersion(project, run, version = run.version) {
  void versions.add(project, {why: 'run', run: {id: run.id, name: names.of(run), version}});
}

session.addEventListener('started', (event) => {
  const run = /** @type {import('../ui/types.js').Run} */ (/** @type {CustomEvent} */ (event).detail);
  const {tenant, id} = run;
  if (pressed?.tenant === tenant) {
    storeVersion(pressed, run);
    if (pressed.payload.trim()) void payloads.note(tenant, pressed.payload);
  }
  view.wanted = false;
  goTo({tenant, run: id});
  showView('run');
  writePrefs({ran: true});
  document.documentElement.dataset.ran = '';
  if (!embedded && session.kernel.storage === 'indexeddb' && !readPrefs().askedToKeep) {
    writePrefs({askedToKeep: true});
    void kernel.askToKeep();
  }
});

const dialogs = onDemand(() => import('./dialogs.js'), notYet);
const keys = () => dialogs(({showKeys}) => showKeys());

session.addEventListener('listed', () => {
  if (!view.wanted) return;
  view.wanted = false;
  const newest = session.runs.find((run) => run.tenant === workspace.tenant);
  if (newest && !session.selected) session.select({tenant: newest.tenant, id: newest.id});
});

session.addEventListener('change', () => {
  const error = session.problem;
  if (error && error.name !== 'StorageFullError') problem.code(error, workspace); // that has a bar of its own
  offerNext();
});

/** After the first complete run of the default example: the same workflow name, other code. */
function offerNext() {
  const run = session.shown?.run;
  const other = examples.find((example) => example.name === 'order-globex');
  const prefs = readPrefs();
  const due = run && other && run.status === 'complete' && run.tenant === examples[0].tenant && workspace.tenant === run.tenant && !prefs.offered;
  const next = $('#next');
  if (!due) {
    next.hidden = true;
    return;
  }
  if (!next.hidden) return;
  next.hidden = false;
  replace(next, h('p', null, statusWords.next), h('button', {type: 'button', class: 'button', onclick: () => {
    writePrefs({offered: true});
    void openExample(other.name);
  }}, buttons.openGlobex));
}

workspace.addEventListener('opened', () => {
  say($('#tenant'), visible(workspace.tenant));
  say($('#file'), workspace.file);
  togglePayload(payload.value.includes('\n'));
  editor.name(`${workspace.file}, Python. Escape, then Tab leaves the editor.`);
  problem.clear();
});
workspace.addEventListener('edited', () => {
  session.problem = null;
  problem.clear();
});
workspace.addEventListener('moved', () => {
  session.select(null);
  goTo(workspace.address);
});
workspace.addEventListener('replaced', (event) => {
  if (sharing.isGuest) return; // the bar of what was sent says where it is from
  const {title, undo} = /** @type {CustomEvent} */ (event).detail;
  notify('undo', {text: title ? words.opened(title) : words.replaced, actions: [{label: buttons.undo, act: undo}], for: 10_000});
});
drafts.addEventListener('saved', (event) => {
  const state = /** @type {'yes' | 'saving' | 'no'} */ (/** @type {CustomEvent} */ (event).detail);
  $('#saved').dataset.state = state;
  say($('#saved'), saved[state]);
  if (state === 'no') notify('drafts', {text: words.draftsOff, tone: 'wait', kept: true});
  else if (state === 'yes') dismiss('drafts');
});

$('#timeline').addEventListener('workflow-action', (event) => actions.row(/** @type {CustomEvent} */ (event).detail));
attachInspect({kernel, session, timeline: view.timeline});
$('#payload-button').addEventListener('click', () => togglePayload(!$('#payload').classList.contains('open'), true));

/** @param {boolean} open @param {boolean} [focus] */
function togglePayload(open, focus = false) {
  $('#payload').classList.toggle('open', open);
  $('#payload-button').setAttribute('aria-expanded', String(open));
  if (open && focus) payload.focus();
}

const assist = new Assist(workspace, editor, {
  ask: async (files) => (await kernel.request('lint', {files})).problems, ready: () => session.canRun, failed: () => session.kernel.stage === 'failed',
}, content.api);
const fileBar = attachFileBar(workspace, {versions: () => void import('./code/versions-panel.js').then(({showVersions}) => showVersions(workspace)), keep: () => void keepCopy(), problems: (path) => assist.problems(path)});
session.addEventListener('change', () => {
  if (!session.canRun) return assist.update();
  assist.start(fileBar.update);
  for (const later of [schedules, dialogs]) later.ahead();
});

async function keepCopy() {
  const tenant = await workspace.keepCopy();
  goTo(workspace.address);
  session.select(null);
  notify('files', {text: fileWords.kept(tenant)});
}

attachToolbar(session, {run, kill, arm: (point) => void session.arm(point), verbs: () => runName.groups()});
attachShortcuts({run, kill: () => kill('engine'), share: () => sharing.showDialog(), keys});
attachKernelState(session);
void import('./storage/troubles.js').then(({attachTroubles}) => attachTroubles(session, storage)); // after the first screen
attachRuns(session, openRun);
attachRunsView(session, {open: openRun, deletions}, () => view.update());
attachExamples(examples, {current: () => workspace.example?.name ?? '', choose: (name) => void openExample(name), gallery: () => gallery.show()});
attachTenants(() => workspace.tenants, () => workspace.tenant, {groups: fileBar.groups, choose: (tenant) => {
  void goThere({tenant}).then(() => {
    goTo(workspace.address);
    session.select(null);
  });
}});
const about = () => dialogs(({showAbout}) => showAbout(content.version, () => session.storage(), () => sharing.showReport()));
attachMore({about, keys, storage: () => storage.show(), open: openItem(sharing), notebook: notebookItem(order, session), dashboards: dashboardsItem(), extra: () => [
  {items: [galleryItem(() => gallery.show())]},
  ...runGroups(session, openRun),
]});
$('#about-button').addEventListener('click', about);
const schedules = onDemand(async () => {
  const {ScheduleStrip} = await import('./schedules/strip.js');
  strip = new ScheduleStrip(session, workspace, {
    request: (verb, args) => kernel.request(verb, args), order, open: openRun,
    failed: (error) => problem.code(/** @type {any} */ (error), workspace), sent: () => sharing.schedule,
  });
}, () => {});
if (embedded) attachEmbedded(session);
if (!embedded) attachStory(workspace, examples[0].name);
attachDivider();
attachSegments();
onTravel(showPlace);

const start = place();
if (sharing.arrive()) view.wanted = false;
else if (start.tenant && start.run) session.select({tenant: start.tenant, id: start.run});
else view.wanted = !embedded && !start.example && readPrefs().ran;
if (!reached) notYet();
if (start.example && !workspace.knows(start.example)) notify('example', {text: words.noExample(start.example), tone: 'wait'});
view.update();
void gallery.update();
let offlineAsked = false;
session.addEventListener('change', () => {
  if (offlineAsked || !['engine', 'ready', 'follower'].includes(session.kernel.stage)) return;
  offlineAsked = true; // Python comes first: it is in the browser's cache when everything is kept
  void keepOffline(content.build);
});
editor.upgrade().catch(() => {}); // without CodeMirror the text area goes on
