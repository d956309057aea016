/**
 * A client written from docs/protocol.md and from nothing else: what it can do, that page has told. It knows no package, ours or another's.
 * Its descriptions are text: it signals, and hears nothing.
 */
import { randomBytes, randomUUID } from 'node:crypto';

/** "The smallest that is taken". @param {'actpass' | 'active'} setup */
const description = (setup) =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-mux',
    'a=sendrecv',
    `a=ice-ufrag:${randomBytes(3).toString('hex')}`,
    `a=ice-pwd:${randomBytes(16).toString('hex')}`,
    `a=fingerprint:sha-256 ${randomBytes(32).toString('hex').toUpperCase().match(/../g).join(':')}`,
    `a=setup:${setup}`,
    '',
  ].join('\r\n');

export class WireClient {
  /** Requests of the gateway that nobody has asked for yet. @type {{ method: string, params: any }[]} */
  #came = [];
  /** @type {{ method: string, callID: string | undefined, take: (params: any) => void }[]} */
  #expected = [];
  #replies = new Map();
  #socket;
  sessid = '';
  #voiceSdkId = '';
  #url;

  /** @param {string} url */
  constructor(url) {
    this.#url = url;
  }

  /** @param {Record<string, unknown>} credentials `login` and `passwd`, or `login_token` */
  async signIn(credentials) {
    const url = new URL(this.#url);
    if (this.#voiceSdkId) {
      url.searchParams.set('voice_sdk_id', this.#voiceSdkId);
    }
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#frame(JSON.parse(data));
    await new Promise((resolve, reject) => {
      this.#socket.onopen = resolve;
      this.#socket.onerror = () => reject(new Error(`No socket to ${url.host}`));
    });
    const back = this.sessid ? { sessid: this.sessid, reconnection: true } : {};
    const { sessid } = await this.request('login', { ...credentials, ...back });
    this.sessid = sessid;
    return this.next('telnyx_rtc.clientReady');
  }

  /** @returns {Promise<any>} the result; rejects with the error's code and message */
  request(method, params) {
    const id = randomUUID();
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return new Promise((resolve, reject) => this.#replies.set(id, { resolve, reject }));
  }

  /** The next request of this method, also one that has come already; with `callID` of that call. @returns {Promise<any>} its params */
  next(method, callID) {
    const at = this.#came.findIndex((one) => fits(one, method, callID));
    if (at >= 0) {
      return Promise.resolve(this.#came.splice(at, 1)[0].params);
    }
    return new Promise((take) => this.#expected.push({ method, callID, take }));
  }

  async call(destination, headers = []) {
    const callID = randomUUID();
    const dialogParams = { callID, destination_number: destination, custom_headers: headers };
    await this.request('telnyx_rtc.invite', { sdp: description('actpass'), dialogParams });
    return callID;
  }

  answer(callID) {
    return this.request('telnyx_rtc.answer', this.#about(callID, { sdp: description('active') }));
  }

  attach(callID) {
    const dialogParams = { callID, attach: true };
    return this.request('telnyx_rtc.attach', { sdp: description('active'), dialogParams });
  }

  modify(callID, action, more = {}) {
    return this.request('telnyx_rtc.modify', this.#about(callID, { action, ...more }));
  }

  digits(callID, dtmf) {
    return this.request('telnyx_rtc.info', this.#about(callID, { dtmf }));
  }

  hangUp(callID, cause = 'NORMAL_CLEARING', causeCode = 16) {
    return this.request('telnyx_rtc.bye', this.#about(callID, { cause, causeCode }));
  }

  close() {
    this.#socket?.close();
  }

  #about(callID, params) {
    return { ...params, dialogParams: { callID } };
  }

  #frame({ id, method, params, result, error, voice_sdk_id: voiceSdkId }) {
    this.#voiceSdkId = voiceSdkId || this.#voiceSdkId;
    if (method === undefined) {
      const waiting = this.#replies.get(id);
      this.#replies.delete(id);
      if (error) {
        waiting?.reject(Object.assign(new Error(error.message), error));
      } else {
        waiting?.resolve(result);
      }
      return;
    }
    if (id !== undefined) {
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: { method } }));
    }
    const at = this.#expected.findIndex((one) => fits({ method, params }, one.method, one.callID));
    if (at >= 0) {
      this.#expected.splice(at, 1)[0].take(params);
    } else {
      this.#came.push({ method, params });
    }
  }
}

const fits = (one, method, callID) =>
  one.method === method && (callID === undefined || one.params.callID === callID);
