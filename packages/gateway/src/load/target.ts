import { LoadError } from './load-error.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * The address of the gateway that is put under load. Another machine than this one only when it is asked for: a load that was
 * meant for a test gateway must not reach a live one by a slip.
 * @throws {LoadError}
 */
export function parseTarget(text: string, allowRemote: boolean): URL {
  const url = URL.parse(text.includes('://') ? text : `ws://${text}`);
  if (url === null || !['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol)) {
    throw new LoadError('target', 'Give the gateway as ws://127.0.0.1:8080 or wss://host');
  }
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.username !== '' || url.password !== '') {
    throw new LoadError('target', 'Credentials do not belong into the address');
  }
  if (!allowRemote && !LOOPBACK.test(url.hostname)) {
    throw new LoadError(
      'target',
      `${url.hostname} is not this machine; add --allow-remote if that gateway is yours to load`,
    );
  }
  return url;
}

/** `ws://host/path` → `http://host` */
export function httpOrigin(target: URL): string {
  return new URL(target.href.replace(/^ws/, 'http')).origin;
}
