import type { Leg } from './calls/leg.ts';
import type { CallRegistry } from './calls/registry.ts';
import type { Platform } from './platform.ts';
import type { Session } from './signaling/session.ts';
import { Timer } from './timer.ts';

/**
 * What can be done to a client, so that an application can test how it takes it:
 *
 * - `socket-loss`: the socket breaks. The client reconnects and resumes.
 * - `black-hole`: nothing passes the socket any more, and nobody is told. In a call another one takes over within 5 s.
 * - `outage`: the same, and for `forMs` (default 5000) the gateway cannot be reached at all.
 * - `path-loss`: the media of the call is `disconnected`. An ICE restart on the same peer follows.
 * - `path-failure`: the connection is `failed`, and the ICE restart does not help. Another call takes the place of this one.
 * - `peer-closed`: the peer connection is closed under the call, as by sleep. The call is rebuilt under its id.
 * - `sleep`: the page woke: session and peers are looked at.
 * - `offline`: the browser fires `offline`, and after `forMs` (default 5000) `online`.
 * - `gateway-restart`: the gateway is back and knows nothing of this session. Its calls end with error 48501. (The real gateway keeps
 *   them, and the far side waiting, for 90 s.)
 * - `drain`: the gateway sends the client away and wants to be left alone for `forMs` (default 2000).
 * - `punt`, `taken-over`: the gateway ends the session for good; the session goes on elsewhere.
 * - `reload`: reloads the page.
 */
export type SimulatedFault =
  | 'socket-loss'
  | 'black-hole'
  | 'outage'
  | 'path-loss'
  | 'path-failure'
  | 'peer-closed'
  | 'sleep'
  | 'offline'
  | 'gateway-restart'
  | 'drain'
  | 'punt'
  | 'taken-over'
  | 'reload';

export interface SimulateOptions {
  /** Of the faults of a call. Default: all calls. */
  readonly callId?: string | undefined;
  /** Milliseconds. */
  readonly forMs?: number | undefined;
}

/** An address that nobody has (RFC 6761, 6.4). */
const NOWHERE = 'wss://outage.invalid';

/** What a fault is done to. */
export interface Simulated {
  readonly session: Session;
  readonly registry: CallRegistry;
  readonly platform: Platform;
}

/** Resolves when it is done, with `outage` and `offline` when it is over. Rejects with a TypeError for what is no fault. */
export async function simulate(
  { session, registry, platform }: Simulated,
  fault: SimulatedFault,
  { callId, forMs }: SimulateOptions,
): Promise<void> {
  const legs = registry.legs().filter(({ id }) => callId === undefined || callId === id);
  switch (fault) {
    case 'socket-loss':
      session.breakSocket('SIMULATED');
      return;
    case 'black-hole':
      session.muteSocket();
      return;
    case 'outage':
      session.muteSocket();
      session.divert(NOWHERE);
      await pause(platform, forMs ?? 5_000);
      session.divert(undefined);
      return;
    case 'path-loss':
    case 'path-failure':
    case 'peer-closed':
      for (const leg of legs) {
        breakMedia(leg, fault);
      }
      return;
    case 'sleep':
      registry.onWake();
      session.probe();
      return;
    case 'offline':
      platform.window?.dispatchEvent(new Event('offline'));
      await pause(platform, forMs ?? 5_000);
      platform.window?.dispatchEvent(new Event('online'));
      return;
    case 'gateway-restart':
      session.forgetIds();
      session.breakSocket('SIMULATED');
      return;
    case 'drain':
      session.breakSocket(`retry-after=${forMs ?? 2_000}`);
      return;
    case 'punt':
    case 'taken-over': {
      const params = fault === 'punt' ? {} : { offhook: { reason: 'taken_over' } };
      session.receive(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'telnyx_rtc.punt', params }));
      return;
    }
    case 'reload':
      platform.window?.location.reload();
      return;
    default:
      throw new TypeError(`No such fault: ${String(fault satisfies never)}`);
  }
}

function breakMedia(
  { life, recovery, media }: Leg,
  fault: 'path-loss' | 'path-failure' | 'peer-closed',
): void {
  if (life.over) {
    return;
  }
  if (fault === 'path-loss') {
    recovery.onConnectionState('disconnected');
  }
  if (fault === 'path-failure') {
    recovery.giveUpRestarts();
    recovery.onConnectionState('failed');
  }
  if (fault === 'peer-closed') {
    media.pc?.close();
    recovery.check();
  }
}

function pause(platform: Platform, ms: number): Promise<void> {
  return new Promise((resolve) => {
    new Timer(platform).start(ms, resolve);
  });
}
