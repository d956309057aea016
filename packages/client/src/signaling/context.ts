import type { LoginResult } from '@offhook/protocol';
import type { CallsPort, RequestError } from '../calls/ports.ts';
import type { SdkErrorCode, SdkWarningCode } from '../errors/codes.ts';
import type { ClientEvents } from '../events.ts';
import type { Logger } from '../logger.ts';
import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import type { GatewayStateInfo } from './registration.ts';

/** What every part of signalling works with. None of the functions throws. */
export interface SignalingContext {
  readonly platform: Platform;
  readonly log: Logger;
  /** As they are now: `login()` changes them. */
  readonly options: () => IClientOptions;
  readonly calls: () => CallsPort & { hasActiveCall(): boolean };
  readonly listening: (event: keyof ClientEvents) => boolean;
  readonly emit: <K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]) => void;
  readonly error: (code: SdkErrorCode, originalError?: unknown) => void;
  readonly warn: (code: SdkWarningCode, extras?: Readonly<Record<string, unknown>>) => void;
  /** Nobody will take the calls up again: end them here, without BYE. `purge`: the gateway wants it so. */
  readonly endCalls: (purge: boolean) => void;
  /** The page is being left, and the application did not ask for calls to outlive it. */
  readonly hangUp: () => void;
  /** The gateway's channel subscriptions went with the socket. */
  readonly onSocketLost: () => void;
}

/** What the parts of signalling tell the session. */
export type Happening =
  | { readonly is: 'signedIn'; readonly result: LoginResult }
  /** `final`: these credentials will not do. */
  | { readonly is: 'loginRefused'; readonly error: RequestError; readonly final: boolean }
  | { readonly is: 'loginUnanswered' }
  /** The application's token function failed. */
  | { readonly is: 'noToken'; readonly error: unknown }
  /** `pushed`: the gateway said so unasked. */
  | { readonly is: 'registered'; readonly info: GatewayStateInfo; readonly pushed: boolean }
  /** Not registered now; it is being asked again. */
  | { readonly is: 'lapsed' }
  /** Asked five times in vain. */
  | { readonly is: 'notRegistered'; readonly state: string }
  | { readonly is: 'gatewayFailed' }
  | { readonly is: 'punted'; readonly callID: string | undefined; readonly why: string | undefined }
  /** The gateway gave no sign of life. */
  | { readonly is: 'dead' }
  /** It gave none in a call, where another socket may take over before this one is given up. */
  | { readonly is: 'doubted' }
  /** It did after all. */
  | { readonly is: 'answered' }
  /** Timers were late: the page slept. */
  | { readonly is: 'woke' }
  /** The network is back, or the page is shown or awake again. */
  | { readonly is: 'back' }
  | { readonly is: 'offline' };

export type Tell = (happening: Happening) => void;
