// @ts-check
// The one script of an embed. A page may hold it twice: the first wins.
import {DynamicWorkflow} from './element.js';

if (!customElements.get('dynamic-workflow')) customElements.define('dynamic-workflow', DynamicWorkflow);
