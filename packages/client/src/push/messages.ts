/** In the `#` part of the address of a page that is opened for a call: `#offhook-call=<id>`. */
export const CALL_IN_HASH = 'offhook-call';

/** What a service worker says to its pages: whether calls ring there, or that a call was opened for which it left what is needed. */
export type Question =
  { readonly offhook: 'rings' } | { readonly offhook: 'opened'; readonly call: string };

export function isQuestion(data: unknown): data is Question {
  if (typeof data !== 'object' || data === null || !('offhook' in data)) {
    return false;
  }
  return (
    data.offhook === 'rings' ||
    (data.offhook === 'opened' && 'call' in data && typeof data.call === 'string')
  );
}
