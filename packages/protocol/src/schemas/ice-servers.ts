import * as v from 'valibot';
import { isObject } from '../json.ts';

/** Shaped so that it is an `RTCIceServer` to a browser. */
export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

/** By hand: the schemas for it would be a tenth of what the client loads of this package. */
export const IceServerSchema = v.custom<IceServer>(isIceServer);

function isIceServer(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { urls, username, credential } = value;
  return (
    (isString(urls) || (Array.isArray(urls) && urls.every(isString))) &&
    (username === undefined || isString(username)) &&
    (credential === undefined || isString(credential))
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
