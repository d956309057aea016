import * as v from 'valibot';

/** Bounds on what a client may send (UTF-16 units). */
const MAX_TEXT = 256;
const MAX_LONG_TEXT = 16_384;
const MAX_TOKEN = 16_384;
export const MAX_SDP = 65_536;
const MAX_HEADERS = 64;
const MAX_HEADER_NAME = 128;
const MAX_HEADER_VALUE = 4096;

/** Frame limits bound what a gateway sends; what a client sends is bounded member by member. */
export function boundedList<const S extends v.GenericSchema>(item: S, max: number) {
  return v.pipe(v.array(item), v.maxLength(max), v.readonly());
}

/** Names, numbers, ids. A number is read as its text: applications pass `destinationNumber: 200`. */
export function text() {
  return v.union([
    v.pipe(v.string(), v.maxLength(MAX_TEXT)),
    v.pipe(v.number(), v.finite(), v.transform(String)),
  ]);
}

/** Client state, candidates, message bodies. */
export function longText() {
  return v.pipe(v.string(), v.maxLength(MAX_LONG_TEXT));
}

/** Passwords and tokens. */
export function secret() {
  return v.pipe(v.string(), v.maxLength(MAX_TOKEN));
}

export function sdp() {
  return v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_SDP));
}

/** 1 to 128 printable characters: nothing of Unicode's category Other, no line or paragraph separator. */
export function callId() {
  return v.pipe(v.string(), v.regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u));
}

/** Booleans; the mobile SDKs write some as text. */
export function flag() {
  return v.union([
    v.boolean(),
    v.pipe(
      v.picklist(['true', 'false']),
      v.transform((value) => value === 'true'),
    ),
  ]);
}

const HeaderSchema = v.object({
  name: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_HEADER_NAME), v.regex(noLineBreak())),
  value: v.pipe(
    v.union([v.string(), v.pipe(v.union([v.number(), v.boolean()]), v.transform(String))]),
    v.maxLength(MAX_HEADER_VALUE),
    v.regex(noLineBreak()),
  ),
});

/** Headers that may end up in SIP, where a line break would start another header. */
function noLineBreak(): RegExp {
  // eslint-disable-next-line no-control-regex -- control characters are what it is about
  return /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/;
}

export function customHeaders() {
  return boundedList(HeaderSchema, MAX_HEADERS);
}
