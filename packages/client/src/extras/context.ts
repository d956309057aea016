import type { Leg } from '../calls/leg.ts';
import type { ClientEvents } from '../events.ts';
import type { Logger } from '../logger.ts';
import type { Devices } from '../media/devices.ts';
import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Outbox } from '../quality/outbox.ts';
import type { UploadKey } from '../quality/reporter.ts';
import type { ClientFacts } from '../quality/summary.ts';
import { httpOrigin, originOf } from '../signaling/endpoint.ts';
import type { Session } from '../signaling/session.ts';

/** What the client hands to what goes along with its calls. */
export interface ExtrasHost {
  readonly platform: Platform;
  readonly log: Logger;
  readonly devices: Devices;
  readonly session: Session;
  readonly client: {
    readonly options: IClientOptions;
    readonly iceServers: readonly RTCIceServer[];
    trackCallReportUpload(upload: Promise<void>): void;
  };
  readonly emit: <K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]) => void;
}

export interface ExtrasContext {
  readonly platform: Platform;
  readonly log: Logger;
  readonly devices: Devices;
  readonly outbox: Outbox;
  readonly options: () => IClientOptions;
  readonly facts: () => ClientFacts;
  readonly key: () => UploadKey;
  /** What the client knows and must not tell: passwords, tokens, credentials of TURN servers. */
  readonly secrets: () => readonly (string | undefined)[];
  readonly sessionId: () => string;
  /** False when there is no open socket. */
  readonly send: (text: string) => boolean;
  /** One at a time hears every frame of signalling; undefined: nobody does. */
  readonly tap: (listener: ((out: boolean, text: string) => void) | undefined) => void;
  readonly emit: ExtrasHost['emit'];
  /** `disconnect()` waits for it. */
  readonly track: (upload: Promise<void>) => void;
}

/** The members of the client that its companions need, in the form in which they need them. */
export function contextOf(host: ExtrasHost): ExtrasContext {
  const { platform, log, devices, session, client, emit } = host;
  const { options } = client;
  let untap: (() => void) | undefined;
  const track = client.trackCallReportUpload.bind(client);
  return {
    platform,
    log,
    devices,
    emit,
    track,
    outbox: new Outbox(platform, track, (message) => {
      log.debug(message);
    }),
    options: () => options,
    facts: () => ({
      dc: session.info.dc,
      region: session.info.region,
      host: originOf(session.endpoint),
      iceServers: client.iceServers,
    }),
    key: () => ({
      callReportId: session.info.callReportId,
      voiceSdkId: session.info.voiceSdkId,
      gzip: session.features.v > 0,
      origin: httpOrigin(session.endpoint),
    }),
    secrets: () => [
      options.password,
      options.passwd,
      options.token,
      typeof options.login_token === 'string' ? options.login_token : undefined,
      session.info.callReportId ?? undefined,
      ...client.iceServers.map(({ credential }) => credential),
    ],
    sessionId: () => session.sessionId,
    send: (text) => session.send(text),
    tap: (listener) => {
      untap?.();
      untap = listener && session.onTraffic(listener);
    },
  };
}

/** What is told of a call from its construction to its end. */
export interface Companion {
  attend(leg: Leg): void;
  /** Something happened to the client. */
  told?(event: keyof ClientEvents, payload: unknown): void;
  /** The page may be gone for ever. */
  pageHidden?(): void;
  devicesChanged?(change: DeviceNews): void;
  /** The browser judges the network differently, or the page is seen or hidden. */
  surroundingsChanged?(type: 'network' | 'page', detail: Readonly<Record<string, unknown>>): void;
}

export interface DeviceNews {
  readonly added: readonly MediaDeviceInfo[];
  readonly removed: readonly MediaDeviceInfo[];
  readonly devices: readonly MediaDeviceInfo[];
}
