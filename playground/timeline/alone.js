// @ts-check
// The entry of <workflow-timeline> where no page of ours stands around it: an embed, a notebook, the docs.
export {WorkflowTimeline} from './element.js';
