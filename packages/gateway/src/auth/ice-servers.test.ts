import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configFrom } from '../config.ts';
import { createIceServers } from './ice-servers.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');

describe('the ICE servers of a user', () => {
  it('are none where none are configured', () => {
    expect(
      createIceServers(
        configFrom(),
        () => NOW,
        () => 0,
      )('1001', null),
    ).toEqual([]);
  });

  it('are the configured ones, and the TURN server with credentials that end by themselves', () => {
    const config = configFrom({
      iceServers: [{ urls: 'stun:stun.example.com' }],
      turn: { urls: ['turn:turn.example.com'], secret: 'north' },
    });
    const [stun, turn] = createIceServers(
      config,
      () => NOW,
      () => 0,
    )('1001', null);
    expect(stun).toEqual({ urls: 'stun:stun.example.com' });
    const username = `${String(NOW / 1000 + 43_200)}:1001`;
    const credential = createHmac('sha1', 'north').update(username).digest('base64');
    expect(turn).toEqual({ urls: ['turn:turn.example.com'], username, credential });
  });

  it('of a visitor last as long as a call may that he can make, and not for half a day', () => {
    const config = configFrom({ turn: { urls: ['turn:turn.example.com'], secret: 'north' } });
    const minutes = (assistant: string): number => (assistant === 'desk' ? 15 : 0);
    const servers = createIceServers(
      config,
      () => NOW,
      (assistant) => 60 * minutes(assistant),
    );
    const [turn] = servers('guest:1', 'desk');
    expect(turn?.username).toBe(`${String(NOW / 1000 + 17 * 60)}:guest:1`);
  });

  it('hold what openssl computes for the same name and secret', () => {
    // printf '1433065916:ninefingers' | openssl dgst -sha1 -hmac north -binary | base64
    const config = configFrom({ turn: { urls: ['turn:a'], secret: 'north', ttlSeconds: 600 } });
    const [turn] = createIceServers(
      config,
      () => 1_433_065_916_000 - 600_000,
      () => 0,
    )('ninefingers', null);
    expect(turn).toMatchObject({
      username: '1433065916:ninefingers',
      credential: 'SDuA3OErhfGFaxmFHH7fTICexdg=',
    });
  });
});
