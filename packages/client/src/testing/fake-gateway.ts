import type { FakePlatform } from './fake-platform.ts';
import type { FakeSocket } from './fake-socket.ts';
import { post } from './tasks.ts';

type Json = Record<string, unknown>;

/**
 * The polite gateway, which delivers one frame a task, as a browser does: opens sockets, signs everybody in, reports `REGED` and answers every request. A test changes what it
 * says by `answers`, or takes over by hand.
 */
export class FakeGateway {
  /** Wire method → what is answered; undefined: nothing is. `{ error }` refuses. */
  readonly answers: Record<string, ((frame: Json) => Json | undefined) | undefined> = {};
  sessionId = 'sess-1';
  voiceSdkId = 'vsdk-1';
  reattached: string[] = [];
  /** Members added to the login result. */
  loginExtras: Json = {};
  state = 'REGED';
  /** Whether sockets open by themselves. */
  accepts = true;
  #serial = 100;

  constructor(platform: FakePlatform) {
    platform.onSocket = (socket) => {
      socket.onSent = (frame) => {
        post(() => {
          this.#answer(socket, frame);
        });
      };
      if (this.accepts) {
        post(() => {
          socket.open();
        });
      }
    };
  }

  /** Sends a gateway request; `method` without prefix. */
  send(socket: FakeSocket, method: string, params: Json): number {
    const id = this.#serial++;
    socket.receive({ jsonrpc: '2.0', id, method: `telnyx_rtc.${method}`, params });
    return id;
  }

  #answer(socket: FakeSocket, frame: Json): void {
    const { method, id } = frame;
    if (typeof method !== 'string' || id === undefined) {
      return;
    }
    const custom = this.answers[method];
    const result = custom ? custom(frame) : this.#usual(method);
    if (!result) {
      return;
    }
    const body = 'error' in result ? result : { result };
    socket.receive({ jsonrpc: '2.0', id, ...body, voice_sdk_id: this.voiceSdkId });
    if (method.endsWith('login') && !('error' in result)) {
      post(() => {
        this.send(socket, 'clientReady', { reattached_sessions: this.reattached });
      });
    }
  }

  #usual(method: string): Json {
    switch (method) {
      case 'login':
      case 'anonymous_login':
        return { message: 'logged in', sessid: this.sessionId, ...this.loginExtras };
      case 'telnyx_rtc.gatewayState': {
        const params = { state: this.state, call_report_id: 'cr-1', dc: 'fr5', region: 'eu' };
        return { method, params, sessid: this.sessionId };
      }
      default:
        return { message: 'OK', sessid: this.sessionId };
    }
  }
}
