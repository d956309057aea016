import { cseqOf, type SipMessage, type SipRequest, type SipResponse } from '../core/message.ts';

interface Item<From> {
  readonly message: SipMessage;
  readonly from: From;
}

/** Messages that came to an element of a test, until somebody asks for them. */
export class Inbox<From> {
  readonly #unread: Item<From>[] = [];
  readonly #waiting: {
    fits: (message: SipMessage) => boolean;
    resolve: (found: Item<From>) => void;
  }[] = [];

  add(message: SipMessage, from: From): void {
    const found = this.#waiting.findIndex(({ fits }) => fits(message));
    if (found === -1) {
      this.#unread.push({ message, from });
    } else {
      this.#waiting.splice(found, 1)[0]?.resolve({ message, from });
    }
  }

  /** The next request with this method that was not returned yet. */
  async request(method: string): Promise<{ request: SipRequest; from: From }> {
    const { message, from } = await this.#next(
      (each) => each.kind === 'request' && each.method === method,
    );
    if (message.kind !== 'request') {
      throw new Error('no request');
    }
    return { request: message, from };
  }

  /** The next response to this method, of this status at least. */
  async response(method: string, least: number): Promise<SipResponse> {
    const { message } = await this.#next(
      (each) =>
        each.kind === 'response' && each.status >= least && cseqOf(each.headers).method === method,
    );
    if (message.kind !== 'response') {
      throw new Error('no response');
    }
    return message;
  }

  #next(fits: (message: SipMessage) => boolean): Promise<Item<From>> {
    const at = this.#unread.findIndex(({ message }) => fits(message));
    const [found] = at === -1 ? [] : this.#unread.splice(at, 1);
    if (found) {
      return Promise.resolve(found);
    }
    return new Promise((resolve) => this.#waiting.push({ fits, resolve }));
  }
}
