import type { GatewayStateResult } from '@offhook/protocol';
import { Timer } from '../timer.ts';
import { gatewayDelay } from './backoff.ts';
import type { SignalingContext, Tell } from './context.ts';
import type { Gateway } from './gateway.ts';

/** A gateway that never says `clientReady` is asked after this. */
const CLIENT_READY_MS = 3_000;
const MAX_POLLS = 5;

export type GatewayStateInfo = GatewayStateResult['params'];

/** From the login reply to a registered user: asks for the gateway state until it is one (wire spec 5). One timer. */
export class Registration {
  readonly #context: SignalingContext;
  readonly #gateway: Gateway;
  readonly #tell: Tell;
  readonly #timer: Timer;
  #misses = 0;
  /** Polls of an earlier socket are not listened to. */
  #generation = 0;

  constructor(context: SignalingContext, gateway: Gateway, tell: Tell) {
    this.#context = context;
    this.#gateway = gateway;
    this.#tell = tell;
    this.#timer = new Timer(context.platform);
  }

  /** After the login reply. */
  awaitClientReady(): void {
    this.#pollIn(CLIENT_READY_MS);
  }

  poll(voiceSdkId?: string): void {
    this.#timer.stop();
    const generation = this.#generation;
    const { rpc, stateQuery } = this.#gateway;
    rpc.call(
      'gatewayState',
      stateQuery,
      { urgent: true, voiceSdkId },
      {
        resolve: ({ params }) => {
          if (generation === this.#generation) this.take(params, false);
        },
        reject: ({ code }) => {
          if (generation !== this.#generation) return;
          if (code === 'timeout' || code === 'rejected') this.take({ state: code }, false);
        },
      },
    );
  }

  /** A state, polled or pushed. One that nobody knows is not registered: it is asked again, and not for ever. */
  take(info: GatewayStateInfo, pushed: boolean): void {
    const { state } = info;
    this.#timer.stop();
    if (state === 'REGED' || state === 'REGISTER') {
      this.#misses = 0;
      this.#tell({ is: 'registered', info, pushed });
    } else if (state === 'FAILED' || state === 'FAIL_WAIT' || state === 'TIMEOUT') {
      this.#tell({ is: 'gatewayFailed' });
    } else if (++this.#misses < MAX_POLLS) {
      this.#tell({ is: 'lapsed' });
      this.#pollIn(gatewayDelay(() => this.#context.platform.random()));
    } else {
      this.#misses = 0;
      this.#tell({ is: 'notRegistered', state });
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
