/** Entry `push`: has this browser woken for calls while its pages are closed. The service worker's side is the entry `push-worker`. */
export { type OpenedCall } from './mailbox.ts';
export {
  disablePush,
  enablePush,
  type EnablePushOptions,
  onWorkerAsks,
  openedCall,
  PushError,
  type PushErrorCode,
  type PushCredential,
  pushState,
  type PushState,
  renewPush,
  type WorkerAsks,
} from './page.ts';
