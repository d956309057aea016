/** `offhook-push-worker.js`: a whole service worker. `?page=/phone&icon=/phone.png` behind its address are its options. */
import { handlePush, type PushWorkerScope } from './worker.ts';

const scope = globalThis as unknown as PushWorkerScope;
const given = new URL(scope.location.href).searchParams;
const [page, icon] = [given.get('page'), given.get('icon')];
handlePush(scope, {
  ...(page === null ? {} : { page }),
  ...(icon === null ? {} : { icon }),
});
