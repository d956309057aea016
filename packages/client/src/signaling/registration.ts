import type { GatewayStateResult } from '@offhook/protocol';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { gatewayDelay } from './backoff.ts';
import type { Outcome } from './rpc.ts';

/** A gateway that never says `clientReady` is asked after this. */
const CLIENT_READY_MS = 3_000;
const MAX_POLLS = 5;

export type GatewayStateInfo = GatewayStateResult['params'];

/** What a gateway state means. A state that nobody knows is not registered: it is asked again, and not for ever. */
function verdict(state: string): 'registered' | 'failed' | 'again' {
  switch (state) {
    case 'REGED':
    case 'REGISTER':
      return 'registered';
    case 'FAILED':
    case 'FAIL_WAIT':
    case 'TIMEOUT':
      return 'failed';
    default: // UNREGED, NOREG, TRYING, EXPIRED, UNREGISTER
      return 'again';
  }
}

export interface RegistrationDeps {
  readonly platform: Platform;
  query(voiceSdkId: string | undefined, outcome: Outcome<GatewayStateResult>): void;
  /** `pushed`: the gateway said so unasked. */
  onRegistered(info: GatewayStateInfo, pushed: boolean): void;
  /** Not registered now; it is being asked again. */
  onLapsed(): void;
  /** Asked five times in vain. */
  onRefused(state: string): void;
  onFailed(state: string): void;
}

/** From the login reply to a registered user: asks for the gateway state until it is one (wire spec 5). One timer. */
export class Registration {
  readonly #deps: RegistrationDeps;
  readonly #timer: Timer;
  #misses = 0;
  /** Polls of an earlier socket are not listened to. */
  #generation = 0;

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
    this.#timer = new Timer(deps.platform);
  }

  /** After the login reply. */
  awaitClientReady(): void {
    this.#timer.start(CLIENT_READY_MS, () => {
      this.poll(undefined);
    });
  }

  poll(voiceSdkId: string | undefined): void {
    this.#timer.stop();
    const generation = this.#generation;
    this.#deps.query(voiceSdkId, {
      resolve: ({ params }) => {
        if (generation === this.#generation) this.take(params, false);
      },
      reject: ({ code }) => {
        if (generation !== this.#generation) return;
        if (code === 'timeout' || code === 'rejected') this.take({ state: code }, false);
      },
    });
  }

  /** A state, polled or pushed. */
  take(info: GatewayStateInfo, pushed: boolean): void {
    this.#timer.stop();
    switch (verdict(info.state)) {
      case 'registered':
        this.#misses = 0;
        this.#deps.onRegistered(info, pushed);
        break;
      case 'failed':
        this.#deps.onFailed(info.state);
        break;
      case 'again':
        if (++this.#misses < MAX_POLLS) {
          this.#deps.onLapsed();
          this.#timer.start(
            gatewayDelay(() => this.#deps.platform.random()),
            () => {
              this.poll(undefined);
            },
          );
        } else {
          this.#misses = 0;
          this.#deps.onRefused(info.state);
        }
        break;
    }
  }

  /** The socket is gone. */
  stop(): void {
    this.#generation++;
    this.#misses = 0;
    this.#timer.stop();
  }
}
