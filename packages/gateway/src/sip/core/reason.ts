/** Reason header (RFC 3326). */
export interface Reason {
  /** Q.850 cause; undefined when the header names none. */
  readonly q850: number | undefined;
  /** SIP status, such as 200 of "Call completed elsewhere". */
  readonly sip: number | undefined;
  readonly text: string | undefined;
}

export function parseReason(values: readonly string[]): Reason {
  let q850: number | undefined;
  let sip: number | undefined;
  let text: string | undefined;
  for (const value of values.flatMap((each) => each.split(/,(?=\s*(?:SIP|Q\.850)\b)/i))) {
    const cause = /;\s*cause\s*=\s*(\d{1,3})/i.exec(value)?.[1];
    if (cause === undefined) {
      continue;
    }
    if (/^\s*Q\.850\b/i.test(value)) {
      q850 ??= Number(cause);
    } else if (/^\s*SIP\b/i.test(value)) {
      sip ??= Number(cause);
    }
    text ??= /;\s*text\s*=\s*"([^"]{0,128})"/i.exec(value)?.[1];
  }
  return { q850, sip, text };
}
