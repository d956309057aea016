import type { Page } from '@playwright/test';

/** A frame of a page's WebSocket, as text. */
export interface Frame {
  readonly from: 'page' | 'gateway';
  readonly text: string;
}

/** Everything that passes between a page and the gateway, from now on. Watch before the page connects. */
export class FrameLog {
  readonly all: Frame[] = [];

  constructor(page: Page) {
    page.on('websocket', (socket) => {
      const note = (from: Frame['from']) => (data: { payload: string | Buffer }) =>
        this.all.push({ from, text: data.payload.toString() });
      socket.on('framesent', note('page'));
      socket.on('framereceived', note('gateway'));
    });
  }

  /** Parameters of the requests of one method so far. */
  params(method: string, from: Frame['from']): Record<string, unknown>[] {
    return this.all
      .filter((frame) => frame.from === from && frame.text.startsWith('{'))
      .map(({ text }) => JSON.parse(text) as { method?: string; params?: Record<string, unknown> })
      .filter((frame) => frame.method === method)
      .map((frame) => frame.params ?? {});
  }

  sent(method: string): Record<string, unknown>[] {
    return this.params(method, 'page');
  }

  received(method: string): Record<string, unknown>[] {
    return this.params(method, 'gateway');
  }

  /** Digits of the far party, as the gateway told them. */
  get digits(): string {
    return this.received('telnyx_rtc.info')
      .map(({ dtmf }) => (typeof dtmf === 'string' ? dtmf : ''))
      .join('');
  }
}
