// @ts-check
// Every sentence of the page, with placeholders. Nothing is assembled from fragments elsewhere.
export * from './kernel.js';
export * from './controls.js';
export * from './run.js';
export * from './timeline.js';
export * from './code.js';
export * from './runs.js';
export * from './verbs.js';
export * from './notices.js';
export * from './storage.js';
export * from './space.js';
export * from './about.js';
export * from './files.js';
export * from './docs.js';
export * from './problems.js';
export * from './versions.js';
export * from './gallery.js';
export * from './schedules.js';
export * from './offline.js';
export * from './share.js';
export * from './shared.js';
export * from './report.js';
export * from './embed.js';
export * from './dashboard.js';
