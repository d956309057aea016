import type { Check } from '../check.ts';
import { array, either, object, optional, string } from './tools.ts';

/** Shaped so that it is an `RTCIceServer` to a browser. */
export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export const IceServersSchema: Check<IceServer[]> = /* @__PURE__ */ array(
  object({
    urls: either(string, array(string)),
    username: optional(string),
    credential: optional(string),
  }),
) as Check<IceServer[]>;
