/** Entry `push-worker`: for the script of a service worker of one's own. */
export {
  handlePush,
  type PushTexts,
  type PushWorkerOptions,
  type PushWorkerScope,
} from './worker.ts';
