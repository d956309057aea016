import { describe, expect, it } from 'vitest';
import { configFrom } from '../config.ts';
import { tcpWay } from './tcp-way.ts';

const way = (settings: Record<string, unknown>) => tcpWay(configFrom(settings));
const tls = { cert: '/cert.pem', key: '/key.pem' };
const publicUrl = 'https://phone.example.com';

describe('media over TCP', () => {
  it.each([
    ['the listening port of all addresses', { host: '::', tls }, { port: null, own: 'all' }],
    ['of the IPv4 ones', { host: '0.0.0.0', tls }, { port: null, own: 'ipv4' }],
    ['of one', { host: '192.0.2.7', tls }, { port: null, own: ['192.0.2.7'] }],
    ['of loopback, for this machine', {}, { port: null, own: ['127.0.0.1'] }],
    [
      'the port of publicUrl, where something passes TCP on',
      { host: '0.0.0.0', port: 8443, tls, publicUrl },
      { port: 443, own: 'ipv4' },
    ],
    [
      'the port that it is told, at public addresses',
      { trustProxy: ['loopback'], media: { publicTcpPort: 443, publicAddress: ['203.0.113.7'] } },
      { port: 443, own: [] },
    ],
  ])('comes to %s', (_what, settings, expected) => {
    expect(way(settings)).toEqual({ on: true, ...expected });
  });

  it.each([
    ['is switched off', { media: { iceTcp: false } }, /iceTcp is false/],
    ['meets a proxy that ends TLS', { trustProxy: ['loopback'], publicUrl }, /the proxy ends TLS/],
    [
      'is for others, and nobody else can connect',
      { media: { publicAddress: ['203.0.113.7'] } },
      /only this machine can connect to 127\.0\.0\.1/,
    ],
  ])('does not come where it %s', (_what, settings, reason) => {
    expect(way(settings)).toMatchObject({
      on: false,
      reason: expect.stringMatching(reason) as string,
    });
  });
});
