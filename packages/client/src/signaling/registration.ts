import { Emitter } from '../emitter.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import type { GatewayInfo, GatewayState } from './gateway-info.ts';
import { gatewayDelay } from './reconnect.ts';
import type { Requests } from './requests.ts';

/** A gateway that never says `clientReady` is asked after this. */
const CLIENT_READY_MS = 3_000;
const MAX_POLLS = 5;

export interface RegistrationEvents {
  /** `pushed`: the gateway said so unasked. */
  registered: [state: GatewayState, pushed: boolean];
  /** Not registered now; it is being asked again. */
  lapsed: [];
  /** Asked five times in vain. */
  notRegistered: [state: string];
  /** The gateway itself failed. */
  gatewayFailed: [];
}

/** From the login reply to a registered user: asks for the gateway state until it is one (wire spec 5). One timer. */
export class Registration {
  readonly events: Emitter<RegistrationEvents>;
  readonly #platform: Platform;
  readonly #requests: Requests;
  readonly #info: GatewayInfo;
  readonly #timer: Timer;
  #misses = 0;
  /** Polls of an earlier socket are not listened to. */
  #generation = 0;

  constructor(platform: Platform, requests: Requests, info: GatewayInfo) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
    this.#requests = requests;
    this.#info = info;
    this.#timer = new Timer(platform);
  }

  /** After the login reply. */
  awaitClientReady(): void {
    this.#pollIn(CLIENT_READY_MS);
  }

  poll(voiceSdkId?: string): void {
    this.#timer.stop();
    const generation = this.#generation;
    this.#requests.call(
      'gatewayState',
      this.#info.stateQuery,
      { urgent: true, voiceSdkId },
      {
        resolve: ({ params }) => {
          if (generation === this.#generation) {
            this.take(params, false);
          }
        },
        reject: ({ code }) => {
          if (generation !== this.#generation) {
            return;
          }
          if (code === 'timeout' || code === 'rejected') {
            this.take({ state: code }, false);
          }
        },
      },
    );
  }

  /** A state, polled or pushed. One that nobody knows is not registered: it is asked again, and not for ever. */
  take(info: GatewayState, pushed: boolean): void {
    const { state } = info;
    this.#timer.stop();
    if (state === 'REGED' || state === 'REGISTER') {
      this.#misses = 0;
      this.events.emit('registered', info, pushed);
    } else if (state === 'FAILED' || state === 'FAIL_WAIT' || state === 'TIMEOUT') {
      this.events.emit('gatewayFailed');
    } else if (++this.#misses < MAX_POLLS) {
      this.events.emit('lapsed');
      this.#pollIn(gatewayDelay(() => this.#platform.random()));
    } else {
      this.#misses = 0;
      this.events.emit('notRegistered', state);
    }
  }

  /** The socket is gone. */
  stop(): void {
    this.#generation++;
    this.#misses = 0;
    this.#timer.stop();
  }

  #pollIn(ms: number): void {
    this.#timer.start(ms, () => {
      this.poll();
    });
  }
}
