import { type Checked, Misfit } from './check.ts';
import { object, oneOf, optional, string, where } from './schemas/tools.ts';

const short = where(string, (text) => text.length <= 256, 'a short text');

const payload = object({
  offhook: (value: unknown) => (value === 1 ? 1 : new Misfit('1')),
  type: oneOf('ring', 'missed', 'over'),
  call: short,
  name: optional(short),
  number: optional(short),
  token: optional(string),
});

/**
 * What a gateway sends to a browser by Web Push, as JSON: somebody calls (`ring`), nobody answered (`missed`), or somebody answered elsewhere or
 * refused (`over`). `call` is the call's `telnyx_session_id`, `name` and `number` are of who calls; `token` signs in on a page that is opened
 * for the call.
 */
export type PushPayload = Pick<
  Checked<typeof payload>,
  'offhook' | 'type' | 'call' | 'name' | 'number' | 'token'
>;

/** Null: it is from somebody else, or of another time. */
export function parsePush(text: string): PushPayload | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const checked = payload(json);
  return checked instanceof Misfit ? null : checked;
}
