import type { ViewMessage } from '@offhook/protocol';
import type { KeptMessage } from '../message-log.ts';
import { isSecretName, scrub, scrubText } from '../scrub.ts';
import { bagOf } from './read.ts';

const HIDDEN = '[redacted]';
/** What is kept of one: a browser's description with its candidates fits. */
const MAX_TEXT = 8_192;
const MAX_FIRST = 256;
/** Headers that carry credentials, or what they are made from (RFC 3261, 20; RFC 8224). */
const SECRET_HEADER =
  /^(?:proxy-)?(?:authorization|authenticate|authentication-info)$|^www-authenticate$|^identity$|^y$/i;
/** Digits that a caller types are card numbers and PINs. */
const DTMF_BODY = /^application\/(?:dtmf|dtmf-relay|vnd\.nortelnetworks\.digits)\b/i;

/** A message as a page may show it: without credentials, keys and digits, and no longer than needed. */
export function viewMessage(message: KeptMessage): ViewMessage {
  const { t, leg, protocol, sent, cut } = message;
  const { first, text } = protocol === 'SIP' ? ofSip(message.text) : ofFrame(message);
  const isLong = text.length > MAX_TEXT;
  return {
    t,
    leg,
    protocol,
    sent,
    first: first.slice(0, MAX_FIRST),
    text: isLong ? text.slice(0, MAX_TEXT) : text,
    cut: cut || isLong,
  };
}

function ofSip(message: string): { readonly first: string; readonly text: string } {
  const end = message.indexOf('\r\n\r\n');
  const [first = '', ...lines] = (end === -1 ? message : message.slice(0, end)).split('\r\n');
  const headers: string[] = [];
  let isSecret = false;
  let type = '';
  for (const line of lines) {
    // A line that goes on with the one before is as secret as that.
    if (/^[ \t]/.test(line)) {
      if (!isSecret) {
        headers.push(scrubText(line));
      }
      continue;
    }
    const colon = line.indexOf(':');
    const name = (colon === -1 ? line : line.slice(0, colon)).trim();
    isSecret = SECRET_HEADER.test(name) || isSecretName(name);
    if (/^(?:content-type|c)$/i.test(name)) {
      type = line.slice(colon + 1).trim();
    }
    headers.push(isSecret ? `${name}: ${HIDDEN}` : scrubText(line));
  }
  const body = end === -1 ? '' : message.slice(end + 4);
  const shown = body !== '' && DTMF_BODY.test(type) ? HIDDEN : scrubText(body);
  return {
    first: scrubText(first),
    text: `${headers.join('\n')}${shown === '' ? '' : `\n\n${shown.replaceAll('\r\n', '\n').trimEnd()}`}`,
  };
}

function ofFrame({ first, text }: KeptMessage): { readonly first: string; readonly text: string } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // The frame was cut. Where a secret begins and ends can no longer be told, so only the method is kept.
    return { first, text: '' };
  }
  const { sdp, ...rest } = bagOf(withoutDigits(scrub(body)));
  const shown = JSON.stringify(rest, null, 2);
  if (typeof sdp !== 'string') {
    return { first, text: shown };
  }
  return { first, text: `${shown}\n\n${sdp.replaceAll('\r\n', '\n').trimEnd()}` };
}

/** A copy without digits, and without the id that takes over a session, at any depth. What comes here is not deep: `scrub` saw to that. */
function withoutDigits(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDigits);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'sessid')
      .map(([name, member]) => [name, name === 'dtmf' ? HIDDEN : withoutDigits(member)]),
  );
}
