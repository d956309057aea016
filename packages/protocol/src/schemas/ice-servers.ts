import * as v from 'valibot';

/** Shaped so that it is an `RTCIceServer` to a browser. */
export const IceServerSchema = v.looseObject({
  urls: v.union([v.string(), v.array(v.string())]),
  username: v.exactOptional(v.string()),
  credential: v.exactOptional(v.string()),
});

export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}
