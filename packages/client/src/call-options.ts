import type { INotification } from './events.ts';
import type { Callback, PlainCallOptions } from './options.ts';

/** What `client.newCall(options)` takes. A member that is `undefined` counts as not given. */
export interface ICallOptions extends PlainCallOptions {
  /** Receives this call's notifications instead of the client's listeners. */
  onNotification?: Callback<(notification: INotification) => void> | undefined;
}
