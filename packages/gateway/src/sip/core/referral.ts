import { parseNameAddress, parseUri, type SipUri } from './address.ts';
import type { Headers } from './headers.ts';
import { cseqOf, type SipRequest } from './message.ts';

/** A dialog that another request names (RFC 3891): its Call-ID and tags, as we know them. */
export interface DialogName {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** The dialog whose place an INVITE is to take. */
export interface Replaces extends DialogName {
  /** Only while it is not answered. */
  readonly isEarlyOnly: boolean;
}

export function isSameDialog(a: DialogName, b: DialogName): boolean {
  return a.callId === b.callId && a.localTag === b.localTag && a.remoteTag === b.remoteTag;
}

/** What a REFER asks for: somebody, or a call that is there (RFC 3515, 2.1). */
export interface Refer {
  readonly uri: SipUri;
  readonly replaces: DialogName | null;
}

/** Null: it cannot be read, or asks for something else than a call. */
export function readRefer({ headers }: SipRequest): Refer | null {
  const values = headers.all('Refer-To');
  const [value] = values;
  // One, and no other method than INVITE (RFC 3515, 2.4.2).
  if (values.length !== 1 || value === undefined) {
    return null;
  }
  const address = parseNameAddress(value)?.uri;
  const uri = address === undefined ? undefined : parseUri(address);
  if (!uri || (uri.parameters.get('method') ?? 'INVITE').toUpperCase() !== 'INVITE') {
    return null;
  }
  const query = address?.split('?').slice(1).join('?') ?? '';
  const field = query.split('&').find((each) => /^replaces=/i.test(each));
  if (field === undefined) {
    return { uri, replaces: null };
  }
  const replaces = parseReplaces(decoded(field.slice(field.indexOf('=') + 1)));
  return replaces === null ? null : { uri, replaces };
}

/** `callid;to-tag=...;from-tag=...`, where To is our end (RFC 3891, 3 and 6.1). */
export function parseReplaces(value: string): Replaces | null {
  const [callId = '', ...parts] = value.split(';').map((part) => part.trim());
  const tag = (name: string): string =>
    parts.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const [localTag, remoteTag] = [tag('to-tag'), tag('from-tag')];
  return callId === '' || localTag === '' || remoteTag === ''
    ? null
    : {
        callId,
        localTag,
        remoteTag,
        isEarlyOnly: parts.some((part) => part.toLowerCase() === 'early-only'),
      };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Sends a NOTIFY in the dialog. */
export type SendNotify = (headers: readonly (readonly [string, string])[], body: string) => void;

/**
 * The subscription that a REFER makes (RFC 3515, 2.4.4): the peer hears that it is tried, and how that ended. Nothing of it lasts longer
 * than the transfer.
 */
export class Referral {
  readonly #send: SendNotify;
  readonly #event: string;
  readonly #isWanted: boolean;
  #isOpen = false;
  #outcome: string | null = null;
  #isOver = false;

  constructor({ headers }: SipRequest, send: SendNotify) {
    this.#send = send;
    this.#event = `refer;id=${String(cseqOf(headers).number)}`;
    // RFC 4488.
    this.#isWanted = !isFalse(headers);
  }

  /** The REFER was accepted. */
  open(): void {
    this.#isOpen = true;
    if (this.#outcome === null) {
      this.#notify('SIP/2.0 100 Trying', 'active;expires=180');
    } else {
      this.end(this.#outcome);
    }
  }

  /** @param line of the response that says how it ended */
  end(line: string): void {
    this.#outcome = line;
    if (!this.#isOpen || this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#notify(line, 'terminated;reason=noresource');
  }

  #notify(line: string, state: string): void {
    if (!this.#isWanted) {
      return;
    }
    const headers = [
      ['Event', this.#event],
      ['Subscription-State', state],
      ['Content-Type', 'message/sipfrag;version=2.0'],
    ] as const;
    this.#send(headers, `${line}\r\n`);
  }
}

const isFalse = (headers: Headers): boolean =>
  headers.get('Refer-Sub')?.trim().toLowerCase().startsWith('false') === true;
