import type { CallCore } from '../calls/core.ts';
import type { ClientEvents } from '../events.ts';
import type { Logger } from '../logger.ts';
import type { Devices } from '../media/devices.ts';
import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import type { Outbox } from '../quality/outbox.ts';
import type { UploadKey } from '../quality/reporter.ts';
import type { ClientFacts } from '../quality/summary.ts';

/** What the client hands to what goes along with its calls. */
export interface ExtrasHost {
  readonly platform: Platform;
  readonly log: Logger;
  readonly devices: Devices;
  readonly options: () => IClientOptions;
  readonly facts: () => ClientFacts;
  readonly key: () => UploadKey;
  readonly sessionId: () => string;
  /** False when there is no open socket. */
  readonly send: (text: string) => boolean;
  readonly emit: <K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]) => void;
  /** `disconnect()` waits for it. */
  readonly track: (upload: Promise<void>) => void;
}

export interface ExtrasContext extends ExtrasHost {
  readonly outbox: Outbox;
}

/** What is told of a call from its construction to its end. */
export interface Companion {
  attend(core: CallCore): void;
  /** Something happened to the client. */
  told?(event: keyof ClientEvents, payload: unknown): void;
  /** The page may be gone for ever. */
  pageHidden?(): void;
  devicesChanged?(change: DeviceNews): void;
}

export interface DeviceNews {
  readonly added: readonly MediaDeviceInfo[];
  readonly removed: readonly MediaDeviceInfo[];
  readonly devices: readonly MediaDeviceInfo[];
}
