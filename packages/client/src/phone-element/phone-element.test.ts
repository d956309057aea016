// @vitest-environment jsdom
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TelnyxRTC } from '../client.ts';
import type { ClientOptions } from '../options.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import { PhoneElement, type PhoneElementEvents } from './phone-element.ts';

/** One page's surroundings: every element on it has a gateway, a client and devices of its own. */
interface World {
  readonly platform: FakePlatform;
  readonly gateway: FakeGateway;
  readonly webrtc: FakeWebRtc;
  readonly clients: TelnyxRTC[];
  readonly options: ClientOptions[];
}

function makeWorld(): World {
  const webrtc = new FakeWebRtc();
  const platform = new FakePlatform({ webrtc });
  return { platform, gateway: new FakeGateway(platform), webrtc, clients: [], options: [] };
}

let next: World;

class TestPhone extends PhoneElement {
  readonly world: World;
  constructor() {
    const world = next;
    super({
      platform: () => world.platform,
      createClient: (options) => {
        world.options.push(options);
        const client = new TelnyxRTC({ ...options, enableCallReports: false }, world.platform);
        world.clients.push(client);
        return client;
      },
    });
    this.world = world;
  }
}

beforeAll(() => {
  // jsdom has no constructable style sheets.
  const { prototype } = CSSStyleSheet;
  Object.assign(prototype, { replaceSync: () => undefined });
  customElements.define('test-phone', TestPhone);
});

beforeEach(() => {
  next = makeWorld();
  document.documentElement.lang = 'en';
});
afterEach(async () => {
  document.body.replaceChildren();
  await settle();
});

const LOGIN = { host: 'ws://gw.test', login: '1001', password: 'secret' };

function place(attributes: Readonly<Record<string, string>>) {
  const element = document.createElement('test-phone') as TestPhone;
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  const events: [string, unknown][] = [];
  const names: (keyof PhoneElementEvents)[] = [
    ...(['offhook-status', 'offhook-call', 'offhook-problem', 'offhook-devices'] as const),
  ];
  for (const name of names) {
    element.addEventListener(name, ({ detail }) => events.push([name, detail]));
  }
  document.body.append(element);
  const root = element.shadowRoot!;
  const { world } = element;
  const visible = (node: Element) => node.closest('[hidden]') === null;
  const all = (selector: string) =>
    [...root.querySelectorAll<HTMLElement>(selector)].filter(visible);
  const one = (selector: string) => all(selector)[0] as HTMLInputElement;
  const button = (name: string) =>
    all('button').find(({ textContent }) => textContent === name) as HTMLButtonElement;
  const text = (selector: string) => all(selector).map(({ textContent }) => textContent);
  const dial = (number: string) => {
    one('input').value = number;
    one('form').dispatchEvent(new Event('submit', { cancelable: true }));
  };
  const receive = async (method: string, params: Record<string, unknown>) => {
    world.gateway.send(world.platform.socket, method, params);
    await settle();
  };
  const ring = (callID: string, name = '') =>
    receive('invite', { callID, sdp: fakeSdp(), caller_id_number: '1003', caller_id_name: name });
  const sent = (method: string) =>
    world.platform.socket.sent.filter((frame) => JSON.stringify(frame).includes(method));
  const answered = async () => {
    await settle();
    const id = Object.keys(world.clients[0]!.calls).at(-1);
    await receive('answer', { callID: id, sdp: fakeSdp() });
  };
  return {
    ...{ element, root, world, events, all, one, button, text, dial, receive, ring, sent },
    answered,
  };
}

describe('<offhook-phone>', () => {
  it('signs in, places a call, and ends it', async () => {
    const { world, text, dial, button, answered, events } = place(LOGIN);
    await settle();
    expect(text('.state')).toEqual(['Ready']);
    dial(' 1002 ');
    await settle();
    expect(text('.name')).toEqual(['1002']);
    expect(text('.call-state')).toEqual(['Calling…']);
    await answered();
    expect(text('.call-state')).toEqual(['Connected']);
    await world.platform.clock.advance(65_000);
    expect(text('.time')).toEqual(['1:05']);
    button('End').click();
    await settle();
    expect(text('.call-state')).toEqual(['Call ended']);
    await world.platform.clock.advance(4_000);
    expect(text('.call')).toEqual([]);
    const calls = events.filter(([name]) => name === 'offhook-call').map(([, detail]) => detail);
    expect(calls.map((call) => (call as { status: string }).status)).toEqual([
      ...['calling', 'active', 'ended'],
    ]);
    expect(calls.at(-1)).toMatchObject({ number: '1002', direction: 'outbound', ending: 'ended' });
  });

  it('answers with the keyboard, holds, mutes and sends digits, and keeps the focus in the call', async () => {
    const { root, ring, button, text, sent, one, world } = place(LOGIN);
    await settle();
    one('input').focus();
    await ring('in-1', 'Ana');
    expect(text('.name')).toEqual(['Ana']);
    expect(text('[role=status]')).toEqual(['Ana: Incoming call']);
    expect(root.activeElement).toBe(one('input'));
    button('Answer').focus();
    button('Answer').click();
    await settle();
    expect(text('.call-state')).toEqual(['Connected']);
    expect(root.activeElement).toBe(button('End'));
    button('Mute').click();
    expect(button('Mute').ariaPressed).toBe('true');
    expect(Object.values(world.clients[0]!.calls)[0]!.isAudioMuted).toBe(true);
    one('.call .toggle-keypad').click();
    button('5').focus();
    root.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: '#', bubbles: true }));
    button('5').click();
    await settle();
    expect(text('.digits')).toEqual(['#5']);
    expect(sent('dtmf').length).toBeGreaterThan(0);
    button('Hold').click();
    await settle();
    expect(sent('"action":"hold"')).toHaveLength(1);
  });

  it('holds the call that is up when another one is answered, and joins their far parties', async () => {
    const { ring, text, all, button, sent } = place(LOGIN);
    await settle();
    await ring('in-1', 'Ana');
    button('Answer').click();
    await settle();
    await ring('in-2', 'Ben');
    button('Answer').click();
    await settle();
    expect(sent('"action":"hold"')).toHaveLength(1);
    expect(text('.name')).toEqual(['Ana', 'Ben']);
    const [, transfer] = all('.transfer') as [HTMLElement, HTMLElement];
    transfer.click();
    expect(button('Connect with Ana')).toBeDefined();
  });

  it('says why a call came to nothing', async () => {
    const { dial, receive, text, world } = place({ ...LOGIN, lang: 'de-AT' });
    await settle();
    dial('1002');
    await settle();
    const callID = Object.keys(world.clients[0]!.calls)[0];
    await receive('bye', { callID, cause: 'USER_BUSY', causeCode: 17 });
    await settle();
    expect(text('.call-state')).toEqual(['Besetzt']);
  });

  it.each([
    [{ host: 'gopher://x', login: 'a', password: 'b' }, 'setup_host', 'host'],
    [{ host: 'ws://gw.test' }, 'setup_credentials', 'login-token'],
    [{ host: 'ws://gw.test', login: 'a' }, 'setup_password', 'password'],
    [{ host: 'ws://gw.test', password: 'a' }, 'setup_login', 'login'],
    [{ ...LOGIN, 'token-url': '/t' }, 'setup_credentials', 'token-url'],
    [{ host: 'ws://gw.test', 'token-url': 'http://[' }, 'setup_token_url', 'token-url'],
    [{ ...LOGIN, theme: 'blue' }, 'setup_theme', 'theme'],
  ])('says what is wrong with %j, in the element and by an event', async (given, code, word) => {
    const { text, events } = place(given);
    await settle();
    expect(text('[role=alert]')[0]).toContain(`“${word}”`);
    const problems = events.filter(([name]) => name === 'offhook-problem');
    expect(problems).toEqual([['offhook-problem', expect.objectContaining({ code })]]);
  });

  it('is mended by a later attribute', async () => {
    const { element, text, all } = place({ host: 'ws://gw.test', login: '1001' });
    await settle();
    element.setAttribute('password', 'secret');
    await settle();
    expect(text('.state')).toEqual(['Ready']);
    expect(all('.problem')).toEqual([]);
  });

  it('says that the sign-in was refused, and tries again when it is asked to', async () => {
    const { world, text, button } = place(LOGIN);
    world.gateway.answers['login'] = () => ({ error: { code: -32001, message: 'No' } });
    await settle();
    expect(text('.state')).toEqual(['Not connected']);
    expect(text('[role=alert]')).toEqual(['The sign-in was refused.']);
    world.gateway.answers['login'] = undefined;
    button('Try again').click();
    await settle();
    expect(text('.state')).toEqual(['Ready']);
    expect(button('Try again')).toBeUndefined();
  });

  it('leaves nothing running when it is taken out, is another phone when put in again, and lives through a move', async () => {
    const { element, world, dial, answered, text } = place(LOGIN);
    await settle();
    const div = document.createElement('div');
    document.body.append(div);
    div.append(element);
    await settle();
    expect(world.clients).toHaveLength(1);
    dial('1002');
    await answered();
    element.remove();
    await settle();
    await world.platform.clock.advance(30_000);
    expect(world.platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
    expect(world.webrtc.running()).toMatchObject({ peers: 0, tracks: 0 });
    document.body.append(element);
    await settle();
    expect(world.clients).toHaveLength(2);
    expect(text('.state')).toEqual(['Ready']);
    expect(text('.call')).toEqual([]);
  });

  it('is one of two on a page', async () => {
    const first = place(LOGIN);
    next = makeWorld();
    const second = place({ ...LOGIN, login: '1002', label: 'Desk' });
    await settle();
    await first.ring('in-1');
    expect(first.text('.name')).toEqual(['1003']);
    expect(second.text('.name')).toEqual([]);
    expect(second.text('h2')).toEqual(['Desk']);
    const ids = [first.root, second.root].flatMap((root) =>
      [...root.querySelectorAll('[id]')].map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows a client of the page, which it neither connects nor disconnects', async () => {
    const { element, text, world } = place({ host: 'ws://gw.test' });
    const own = new TelnyxRTC({ ...LOGIN, enableCallReports: false }, world.platform);
    element.client = own;
    await own.connect({});
    await settle();
    expect(text('.state')).toEqual(['Ready']);
    expect(world.clients).toEqual([]);
    element.remove();
    await settle();
    expect(own.sessionState).toBe('ready');
    await own.disconnect();
    expect(() => (element.client = {} as TelnyxRTC)).toThrow('not a TelnyxRTC');
  });

  it('with a destination is one button, which signs in for its call', async () => {
    const { world, all, button, text, answered } = place({
      ...{ ...LOGIN, destination: 'support', 'destination-name': 'Our desk' },
    });
    await settle();
    expect(world.clients).toEqual([]);
    expect(all('input')).toEqual([]);
    button('Call').click();
    await settle();
    expect(text('.name')).toEqual(['Our desk']);
    // The second half of a double click.
    button('End').dispatchEvent(new MouseEvent('click', { detail: 2 }));
    await settle();
    expect(text('.call-state')).toEqual(['Calling…']);
    await answered();
    expect(button('Transfer')).toBeUndefined();
    await world.platform.clock.advance(1_000);
    button('End').dispatchEvent(new MouseEvent('click', { detail: 1 }));
    await settle();
    await world.platform.clock.advance(15_000);
    expect(world.platform.running()).toMatchObject({ timers: 0, sockets: 0 });
    expect(button('Call')).toBeDefined();
  });

  it.each(['', '  '])('with destination=%j is a phone, which signs in', async (destination) => {
    const { world, text, all, dial, button } = place({ ...LOGIN, destination });
    await settle();
    expect(text('.state')).toEqual(['Ready']);
    expect(all('input')).toHaveLength(1);
    dial('1002');
    await settle();
    button('End').click();
    await settle();
    await world.platform.clock.advance(30_000);
    expect(text('.state')).toEqual(['Ready']);
  });

  it('takes null and undefined from a page that has nothing to give', async () => {
    const { element, text } = place(LOGIN);
    await settle();
    for (const nothing of [null, undefined] as never[]) {
      element.devices = nothing;
      element.texts = nothing;
      element.client = nothing;
      element.loginToken = nothing;
      element.clientOptions = nothing;
      await settle();
      expect(element.devices).toEqual({ microphone: '', speaker: '', ringer: '' });
      expect(text('.state')).toEqual(['Ready']);
    }
    element.devices = { microphone: null, ringer: 'off' } as never;
    expect(element.devices).toEqual({ microphone: '', speaker: '', ringer: 'off' });
  });

  it('goes on with its client when a page says again what it said, as frameworks do', async () => {
    const { element, world, text } = place(LOGIN);
    const token = 'a.b.c';
    element.removeAttribute('login');
    element.removeAttribute('password');
    for (let render = 0; render < 3; render += 1) {
      element.loginToken = token;
      element.clientOptions = { maxReconnectAttempts: 5, iceServers: undefined };
      await settle();
    }
    expect(world.clients).toHaveLength(1);
    expect(text('.state')).toEqual(['Ready']);
    element.clientOptions = { maxReconnectAttempts: 6 };
    await settle();
    expect(world.clients).toHaveLength(2);
  });

  it('says in which language its words are, where the page is of another one', async () => {
    document.documentElement.lang = 'fr';
    const { root, element } = place(LOGIN);
    await settle();
    const card = root.querySelector<HTMLElement>('.card')!;
    expect(card.lang).toBe('en');
    element.lang = 'de-AT';
    expect(card.lang).toBe('de');
    // Words of the page's own are of the page's language.
    element.texts = { call: 'Appeler' };
    expect(card.hasAttribute('lang')).toBe(false);
  });

  it.each([
    ['mouse', ['Ana', 'Ben']],
    ['touch', ['Ben']],
  ])(
    'a %s that was over the calls leaves %j of two of which one ended',
    async (pointerType, left) => {
      const { ring, receive, text, one, root, world } = place(LOGIN);
      await settle();
      await ring('in-1', 'Ana');
      await ring('in-2', 'Ben');
      // Touch screens go on to hover over what was tapped last.
      Object.assign(root.querySelector('.calls')!, {
        matches: (selector: string): boolean => selector === ':hover',
      });
      const over = new Event('pointerover', { bubbles: true });
      one('.call').dispatchEvent(Object.assign(over, { pointerType }));
      await receive('bye', { callID: 'in-1', cause: 'ORIGINATOR_CANCEL', causeCode: 487 });
      await world.platform.clock.advance(5_000);
      expect(text('.name')).toEqual(left);
    },
  );

  it('troubles nobody with a gateway that does not confirm the end of a call', async () => {
    const { dial, answered, button, all, text, world, events } = place(LOGIN);
    world.gateway.answers['telnyx_rtc.bye'] = () => ({
      error: { code: -32002, message: 'CALL DOES NOT EXIST' },
    });
    await settle();
    dial('1002');
    await answered();
    button('End').click();
    await settle();
    expect(text('.call-state')).toEqual(['Call ended']);
    expect(all('.problem')).toEqual([]);
    expect(events.filter(([name]) => name === 'offhook-problem')).toEqual([]);
  });

  it('says that the client does not take what it was given', async () => {
    const { element, text, events } = place({ host: 'ws://gw.test' });
    element.clientOptions = { anonymous_login: {} } as never;
    await settle();
    expect(text('[role=alert]')[0]).toContain('“login”');
    expect(events.at(-1)).toEqual([
      'offhook-problem',
      expect.objectContaining({ code: 'setup_credentials' }),
    ]);
  });

  it('ends a call by the pointer also after the clock was set back', async () => {
    const { dial, button, answered, text, world } = place(LOGIN);
    await settle();
    dial('1002');
    await answered();
    world.platform.setClock(-3_600_000);
    await world.platform.clock.advance(1_000);
    button('End').dispatchEvent(new MouseEvent('click', { detail: 1 }));
    await settle();
    expect(text('.call-state')).toEqual(['Call ended']);
  });

  it('with a destination says that nobody can be reached', async () => {
    const { world, button, text } = place({ ...LOGIN, destination: 'support' });
    await settle();
    world.gateway.accepts = false;
    button('Call').click();
    await settle();
    expect(text('button.only')).toEqual(['Cancel']);
    await world.platform.clock.advance(15_000);
    await settle();
    expect(text('[role=alert]')).toEqual(['The phone service cannot be reached.']);
    await world.platform.clock.advance(15_000);
    expect(world.platform.running()).toMatchObject({ timers: 0, sockets: 0 });
  });

  it('asks the page’s server for a token', async () => {
    const { world } = place({ host: 'ws://gw.test', 'token-url': '/phone-token' });
    await settle();
    const { login_token: source } = world.options[0]!;
    await expect((source as () => Promise<string>)()).rejects.toThrow();
    expect(world.platform.fetched).toContain('/phone-token');
  });

  it('chooses devices for calls to come, tells the page, and takes them back from it', async () => {
    const { element, button, one, world, events } = place(LOGIN);
    await settle();
    element.devices = { microphone: 'mic-2' };
    expect(world.clients[0]!.micId).toBe('mic-2');
    button('Settings').click();
    const ringer = [...element.shadowRoot!.querySelectorAll('select')].at(-1)!;
    ringer.value = 'off';
    ringer.dispatchEvent(new Event('change'));
    expect(events.at(-1)).toEqual([
      'offhook-devices',
      { microphone: 'mic-2', speaker: '', ringer: 'off' },
    ]);
    expect(one('select')).toBeDefined();
  });
});
