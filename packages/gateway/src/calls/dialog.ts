import type { ClientParams } from '@offhook/protocol';

/** Who is at one end of a call, as the other end is shown it. */
export interface Identity {
  readonly name: string;
  readonly number: string;
}

type Dialog = ClientParams['answer']['dialogParams'];
export type CustomHeader = NonNullable<Dialog['custom_headers']>[number];

const MAX_NAME = 64;

/** What of a client's own words another party is shown. The number never is: it is the user that signed in. */
export function callerIdentity(dialog: Dialog, user: string, displayName: string): Identity {
  const given = dialog.caller_id_name === undefined ? '' : printable(dialog.caller_id_name);
  return { name: given === '' ? displayName : given, number: user };
}

/** Absent when there are none, so that a bye does not carry empty lists about. */
export function customHeaders(dialog: Dialog): readonly CustomHeader[] | undefined {
  const headers = dialog.custom_headers;
  return headers === undefined || headers.length === 0 ? undefined : headers;
}

/** One line, without characters that show as nothing or turn the text around. */
function printable(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME);
}
