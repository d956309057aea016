import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished, describe, expect, it, vi } from 'vitest';
import type { MediaEvent, RtpTransport } from '../../media-plane.ts';
import { MediaEngine } from '../engine.ts';
import type { Request, Verb, Verbs } from '../messages.ts';
import { LocalEngine } from '../testing/local-engine.ts';
import { ntpMiddle } from '../rtp/far-reception.ts';
import { RtpPortPool } from './rtp-ports.ts';
import type { RtpPorts } from './rtp-ports.ts';

const PLAIN: RtpTransport = { localAddress: '127.0.0.1', srtp: false, latch: false, events: true };

/** An engine whose legs are reached by RTP, and phones beside it. */
class Setting {
  readonly events: MediaEvent[] = [];
  readonly #pool = new RtpPortPool(
    () => ['127.0.0.1'],
    [0],
    () => undefined,
    () => undefined,
  );
  readonly #engine: MediaEngine;
  #id = 0;

  private constructor(local: LocalEngine) {
    this.#engine = new MediaEngine(local.context, (event) => this.events.push(event));
    onTestFinished(async () => {
      this.#engine.close();
      this.#pool.close();
      await local.close();
    });
  }

  static async start(): Promise<Setting> {
    return new Setting(await LocalEngine.start());
  }

  async run<V extends Verb>(verb: V, request: Verbs[V]['request']): Promise<Verbs[V]['result']> {
    const message = { type: 'request', id: ++this.#id, verb, request } as Request;
    const towards = this.#engine.needsPorts(message);
    const ports = towards === null ? null : await this.#pool.open(towards);
    return this.#engine.run(message, ports) as Verbs[V]['result'];
  }

  /** Where a leg answers, on ports that only keep what is sent by them. */
  offer(leg: string, sdp: string, ports: RtpPorts, rtp: Partial<RtpTransport> = {}): void {
    const request = { call: 'c', leg, sdp, rtp: { ...PLAIN, ...rtp } };
    this.#engine.run({ type: 'request', id: ++this.#id, verb: 'offer', request }, ports);
  }

  /** A phone that called and was answered. */
  async phone(leg: string, lines: string[] = [], rtp: Partial<RtpTransport> = {}): Promise<Phone> {
    const phone = await Phone.open();
    const { sdp } = await this.run('offer', {
      call: 'c',
      leg,
      sdp: phone.sdp(lines),
      codecs: ['PCMU'],
      rtp: { ...PLAIN, ...rtp },
    });
    phone.answered(sdp);
    return phone;
  }
}

class Phone {
  readonly socket: Socket;
  readonly heard: Buffer[] = [];
  answer = '';
  #to = 0;
  #sequence = 65_530;
  #timestamp = 1_000;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (data) => this.heard.push(data));
    onTestFinished(() => {
      socket.close();
    });
  }

  static async open(): Promise<Phone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Phone(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  sdp(lines: readonly string[] = [], port = this.port): string {
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${String(port)} RTP/AVP 0 8 13 101`,
      'a=rtpmap:101 telephone-event/8000',
      ...lines,
      '',
    ].join('\r\n');
  }

  answered(sdp: string): void {
    this.answer = sdp;
    this.#to = Number(/^m=audio (\d+) /m.exec(sdp)?.[1]);
  }

  send(payload: Buffer, options: { type?: number; timestamp?: number; ssrc?: number } = {}): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp += 160;
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(options.type ?? 0, 1);
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE(options.timestamp ?? this.#timestamp, 4);
    header.writeUInt32BE(options.ssrc ?? 7, 8);
    this.socket.send(Buffer.concat([header, payload]), this.#to, '127.0.0.1');
  }

  raw(data: Buffer): void {
    this.socket.send(data, this.#to, '127.0.0.1');
  }

  /** Payloads of one type. */
  payloads(type: number): Buffer[] {
    return this.heard
      .filter((data) => (data.readUInt8(1) & 0x7f) === type)
      .map((data) => data.subarray(12));
  }
}

const until = (what: () => void): Promise<void> =>
  expect
    .poll(
      () => {
        what();
        return true;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(true);

function keptPorts() {
  const rtp: number[] = [];
  const rtcp: number[] = [];
  const ports: RtpPorts = {
    address: '127.0.0.1',
    rtpPort: 20_000,
    rtcpPort: 20_001,
    handlers: null,
    sendRtp: (_data, port) => rtp.push(port),
    sendRtcp: (_data, port) => rtcp.push(port),
    close: () => undefined,
  };
  return { ports, rtp, rtcp };
}

const VOICE = Buffer.alloc(160, 0x55);

describe('a leg by plain RTP', () => {
  it('passes audio both ways between two phones, through the wrap of sequence numbers', async () => {
    const setting = await Setting.start();
    const [a, b] = [await setting.phone('a'), await setting.phone('b')];
    await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
    for (let i = 0; i < 12; i++) {
      a.send(VOICE);
    }
    b.send(Buffer.alloc(160, 0x66));
    await until(() => {
      const heard = b.heard.filter((data) => data.subarray(12).equals(VOICE));
      expect(heard).toHaveLength(12);
      expect(a.payloads(0).some((payload) => payload.readUInt8(0) === 0x66)).toBe(true);
      const numbers = heard.map((data) => data.readUInt16BE(2));
      expect(numbers.every((n, i) => i === 0 || ((n - (numbers[i - 1] ?? 0)) & 0xffff) === 1)).toBe(
        true,
      );
    });
  });

  it('answers with the address and ports that it opened, and with one codec', async () => {
    const setting = await Setting.start();
    const { answer } = await setting.phone('a');
    expect(answer).toMatch(/^c=IN IP4 127\.0\.0\.1\r$/m);
    expect(answer).toMatch(/^m=audio \d+ RTP\/AVP 0 101\r$/m);
    expect(answer).toMatch(/^a=rtcp:\d+\r$/m);
  });

  it('refuses a description whose address its socket cannot reach, offered or answered', async () => {
    const setting = await Setting.start();
    const phone = await Phone.open();
    const elsewhere = phone.sdp().replace('c=IN IP4 127.0.0.1', 'c=IN IP6 2001:db8::1');
    const request = { call: 'c', leg: 'a', sdp: elsewhere, rtp: PLAIN };
    await expect(setting.run('offer', request)).rejects.toMatchObject({
      code: 'bad_sdp',
      message: expect.stringContaining('IPv6') as string,
    });
    const codecs = ['PCMU'] as const;
    await setting.run('createOffer', { call: 'c', leg: 'b', codecs, rtp: PLAIN });
    const answer = { call: 'c', leg: 'b', sdp: elsewhere };
    await expect(setting.run('answer', answer)).rejects.toMatchObject({ code: 'bad_sdp' });
    // What the party says next may be right.
    await setting.run('answer', { ...answer, sdp: phone.sdp() });
  });

  it('offers several codecs and keeps the one that the answer chose', async () => {
    const setting = await Setting.start();
    const codecs = ['PCMU', 'PCMA'] as const;
    const { sdp } = await setting.run('createOffer', { call: 'c', leg: 'a', codecs, rtp: PLAIN });
    expect(sdp).toMatch(/^m=audio \d+ RTP\/AVP 0 8 101\r$/m);
    const phone = await Phone.open();
    const answer = phone.sdp().replace('RTP/AVP 0 8 13 101', 'RTP/AVP 8 101');
    expect(await setting.run('answer', { call: 'c', leg: 'a', sdp: answer })).toEqual({
      codec: 'PCMA',
    });
    // Early media and the answer may both bring one.
    expect(await setting.run('answer', { call: 'c', leg: 'a', sdp: answer })).toEqual({
      codec: 'PCMA',
    });
  });

  it('hears nobody but the address that the description names', async () => {
    const setting = await Setting.start();
    const [a, b] = [await setting.phone('a', ['a=sendrecv']), await setting.phone('b')];
    await setting.run('offer', {
      call: 'c',
      leg: 'a',
      sdp: a.sdp([], a.port).replaceAll('127.0.0.1', '127.0.0.9'),
    });
    await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
    a.send(VOICE);
    b.send(VOICE);
    // Silence comes to b for want of the other's audio; the stranger's is not among it.
    await until(() => {
      expect(b.heard.length).toBeGreaterThan(3);
    });
    expect(b.heard.some((data) => data.subarray(12).equals(VOICE))).toBe(false);
  });

  it('latches once onto whoever sends, where it may, and never while the named source lives', async () => {
    const setting = await Setting.start();
    const a = await setting.phone('a', [], { latch: true });
    const b = await setting.phone('b');
    const thief = await Phone.open();
    thief.answered(a.answer);
    await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
    a.send(VOICE, { ssrc: 1 });
    await until(() => {
      expect(b.heard.some((data) => data.subarray(12).equals(VOICE))).toBe(true);
    });
    const stolen = Buffer.alloc(160, 0x11);
    thief.send(stolen, { ssrc: 2 });
    a.send(Buffer.alloc(160, 0x22), { ssrc: 1 });
    await until(() => {
      expect(b.heard.some((data) => data.readUInt8(12) === 0x22)).toBe(true);
    });
    expect(b.heard.some((data) => data.subarray(12).equals(stolen))).toBe(false);
    expect(thief.heard).toEqual([]);
  });

  it('finds a party behind a NAT by its first packet, and sends there', async () => {
    const setting = await Setting.start();
    const real = await Phone.open();
    const named = await Phone.open();
    const { sdp } = await setting.run('offer', {
      call: 'c',
      leg: 'a',
      sdp: real.sdp([], named.port),
      codecs: ['PCMU'],
      rtp: { ...PLAIN, latch: true },
    });
    real.answered(sdp);
    await setting.run('play', { call: 'c', leg: 'a', source: { kind: 'echo' } });
    real.send(VOICE);
    await until(() => {
      expect(real.heard.some((data) => data.subarray(12).equals(VOICE))).toBe(true);
    });
  });

  it('finds such a party only where its signalling comes from, when that is known', async () => {
    const setting = await Setting.start();
    const [real, named] = [await Phone.open(), await Phone.open()];
    const echo = async (leg: string, latchFrom: string): Promise<void> => {
      const rtp = { ...PLAIN, latch: true, latchFrom };
      const sdp = real.sdp([], named.port);
      const answer = await setting.run('offer', { call: 'c', leg, sdp, codecs: ['PCMU'], rtp });
      real.answered(answer.sdp);
      await setting.run('play', { call: 'c', leg, source: { kind: 'echo' } });
      real.send(VOICE);
    };
    await echo('a', '127.0.0.2');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(real.heard).toEqual([]);
    await echo('b', '127.0.0.1');
    await until(() => {
      expect(real.heard.some((data) => data.subarray(12).equals(VOICE))).toBe(true);
    });
  });

  it('reports each digit of the audio once, and passes it on with its duration', async () => {
    const setting = await Setting.start();
    const [a, b] = [await setting.phone('a'), await setting.phone('b')];
    await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
    const event = (duration: number, end: boolean): Buffer =>
      Buffer.from([5, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff]);
    for (const duration of [160, 320, 480]) {
      a.send(event(duration, false), { type: 101, timestamp: 9 });
    }
    for (let i = 0; i < 3; i++) {
      a.send(event(640, true), { type: 101, timestamp: 9 });
    }
    await until(() => {
      expect(b.payloads(101)).toHaveLength(6);
    });
    expect(setting.events.filter(({ type }) => type === 'dtmf')).toMatchObject([
      { digit: '5', leg: 'a' },
    ]);
    expect(b.payloads(101).at(-1)?.readUInt16BE(2)).toBe(640);
  });

  it('takes the numbers of our offer from a party whose answer has others, and its own too', async () => {
    const setting = await Setting.start();
    const phone = await Phone.open();
    const leg = { call: 'c', leg: 'a' };
    const { sdp } = await setting.run('createOffer', {
      ...leg,
      codecs: ['PCMU'],
      replacePeer: false,
      rtp: PLAIN,
    });
    phone.answered(sdp);
    const formats = phone.sdp().replaceAll('101', '117').replace('0 8 13', '0');
    await setting.run('answer', { ...leg, sdp: formats });
    for (const [timestamp, type] of [101, 117].entries()) {
      phone.send(Buffer.from([timestamp, 0x8a, 3, 0]), { type, timestamp: 9 + timestamp });
    }
    await until(() => {
      const digits = setting.events.flatMap((each) => (each.type === 'dtmf' ? each.digit : []));
      expect(digits).toEqual(['0', '1']);
    });
  });

  it('sends digits as events: one timestamp each, growing durations, three ends', async () => {
    const setting = await Setting.start();
    const a = await setting.phone('a');
    await setting.run('play', { call: 'c', leg: 'a', source: { kind: 'silence' } });
    await setting.run('sendDigits', { call: 'c', leg: 'a', digits: '1#' });
    const events = (): Buffer[] => a.heard.filter((data) => (data.readUInt8(1) & 0x7f) === 101);
    await until(() => {
      expect(events().filter((data) => (data.readUInt8(13) & 0x80) !== 0)).toHaveLength(6);
    });
    const codes = new Map<number, number>();
    for (const data of events()) {
      codes.set(data.readUInt32BE(4), data.readUInt8(12));
    }
    expect([...codes.values()]).toEqual([1, 11]);
    expect(events().at(-1)?.readUInt16BE(14)).toBe(960);
  });

  it('keeps silent towards a party that holds, and tolerates comfort noise', async () => {
    const setting = await Setting.start();
    const [a, b] = [await setting.phone('a'), await setting.phone('b')];
    await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
    const { sdp } = await setting.run('offer', { call: 'c', leg: 'a', sdp: a.sdp(['a=sendonly']) });
    expect(sdp).toMatch(/^a=recvonly\r$/m);
    const before = a.heard.length;
    b.send(VOICE);
    a.send(Buffer.from([0x40]), { type: 13 });
    a.send(VOICE);
    await until(() => {
      expect(b.heard.some((data) => data.subarray(12).equals(VOICE))).toBe(true);
    });
    expect(a.heard.slice(before).some((data) => data.subarray(12).equals(VOICE))).toBe(false);
  });

  it('is offered that the far party holds, hears silence until it goes on, and then that party again', async () => {
    const setting = await Setting.start();
    const [a, b] = [await setting.phone('a'), await setting.phone('b')];
    await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
    const reoffer = async (how: string, direction: string): Promise<void> => {
      const offer = {
        call: 'c',
        leg: 'b',
        codecs: ['PCMU'],
        replacePeer: true,
        rtp: PLAIN,
      } as const;
      const { sdp } = await setting.run('createOffer', offer);
      expect(sdp).toMatch(new RegExp(`^a=${how}\r$`, 'm'));
      await setting.run('answer', { call: 'c', leg: 'b', sdp: b.sdp([`a=${direction}`]) });
    };
    await setting.run('hold', { call: 'c', leg: 'a', on: true });
    await reoffer('sendonly', 'recvonly');
    const held = b.heard.length;
    a.send(VOICE);
    await until(() => {
      expect(b.heard.length).toBeGreaterThan(held + 5);
    });
    expect(b.payloads(0).some((payload) => payload.equals(VOICE))).toBe(false);
    await setting.run('hold', { call: 'c', leg: 'a', on: false });
    await reoffer('sendrecv', 'sendrecv');
    a.send(VOICE);
    await until(() => {
      expect(b.payloads(0).some((payload) => payload.equals(VOICE))).toBe(true);
    });
    b.send(VOICE);
    await until(() => {
      expect(a.payloads(0).some((payload) => payload.equals(VOICE))).toBe(true);
    });
  });

  it('tells what the party says by RTCP that it heard', async () => {
    const setting = await Setting.start();
    const phone = await setting.phone('a', ['a=rtcp-mux']);
    await setting.run('play', { call: 'c', leg: 'a', source: { kind: 'tone' } });
    await until(() => {
      expect(phone.payloads(0).length).toBeGreaterThan(5);
    });
    const [stats] = await setting.run('query', { call: 'c' });
    expect(stats).not.toHaveProperty('far');
    const ssrc = phone.heard[0]?.readUInt32BE(8) ?? 0;
    const report = Buffer.alloc(32);
    report.writeUInt8(0x81, 0);
    report.writeUInt8(201, 1);
    report.writeUInt16BE(7, 2);
    report.writeUInt32BE(7, 4);
    report.writeUInt32BE(ssrc, 8);
    report.writeUIntBE(3, 13, 3);
    report.writeUInt32BE(80, 20);
    // Our report of 300 ms ago, which the party kept for 200.
    report.writeUInt32BE(ntpMiddle(performance.timeOrigin + performance.now() - 300), 24);
    report.writeUInt32BE(Math.round(0.2 * 65_536), 28);
    phone.raw(report);
    await expect
      .poll(async () => (await setting.run('query', { call: 'c' }))[0]?.far)
      .toMatchObject({ packetsLost: 3, jitter: 0.01 });
    const roundTrip = (await setting.run('query', { call: 'c' }))[0]?.far?.roundTrip ?? 0;
    expect(roundTrip).toBeGreaterThan(0.09);
    expect(roundTrip).toBeLessThan(2);
  });

  it('refuses what has no codec in common, and leaves no leg', async () => {
    const setting = await Setting.start();
    const phone = await Phone.open();
    const sdp = phone.sdp().replace('RTP/AVP 0 8 13 101', 'RTP/AVP 18');
    const refused = setting.run('offer', {
      call: 'c',
      leg: 'a',
      sdp,
      codecs: ['PCMU'],
      rtp: PLAIN,
    });
    await expect(refused).rejects.toMatchObject({ code: 'no_codec' });
    await expect(setting.run('query', { call: 'c' })).resolves.toEqual([]);
  });

  it('speaks SRTP with keys of the descriptions where both agree', async () => {
    const setting = await Setting.start();
    const rtp = { ...PLAIN, srtp: true };
    // Two legs of ours towards each other: what one protects the other opens.
    const codecs = ['PCMU'] as const;
    const { sdp: offer } = await setting.run('createOffer', { call: 'c', leg: 'a', codecs, rtp });
    expect(offer).toContain('RTP/SAVP');
    const { sdp: answer } = await setting.run('offer', { call: 'c', leg: 'b', sdp: offer, rtp });
    await setting.run('answer', { call: 'c', leg: 'a', sdp: answer });
    await setting.run('play', { call: 'c', leg: 'a', source: { kind: 'tone' } });
    await expect
      .poll(
        async () =>
          (await setting.run('query', { call: 'c' })).find(({ leg }) => leg === 'b')
            ?.packetsReceived,
        { timeout: 10_000 },
      )
      .toBeGreaterThan(5);
  });
});

describe('ports that are none', () => {
  it.each([
    ['m=audio 99999', (sdp: string) => sdp.replace(/m=audio \d+/, 'm=audio 99999')],
    ['m=audio 65536', (sdp: string) => sdp.replace(/m=audio \d+/, 'm=audio 65536')],
    ['a=rtcp:0', (sdp: string) => `${sdp}a=rtcp:0\r\n`],
    ['a=rtcp:99999', (sdp: string) => `${sdp}a=rtcp:99999\r\n`],
    ['a=rtcp:655360', (sdp: string) => `${sdp}a=rtcp:655360\r\n`],
  ])('%s in a description is refused', async (_what, change) => {
    const setting = await Setting.start();
    const sdp = change((await Phone.open()).sdp());
    const refused = setting.run('offer', { call: 'c', leg: 'a', sdp, rtp: PLAIN });
    await expect(refused).rejects.toMatchObject({ code: 'bad_sdp' });
  });

  it('the last port of all has no RTCP behind it, unless another one is named', async () => {
    const setting = await Setting.start();
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => {
      random.mockRestore();
    });
    const phone = await Phone.open();
    const [none, named] = [keptPorts(), keptPorts()];
    setting.offer('a', phone.sdp([], 65_535), none.ports);
    setting.offer('b', phone.sdp(['a=rtcp:30001'], 65_535), named.ports);
    await setting.run('play', { call: 'c', leg: 'a', source: { kind: 'silence' } });
    await until(() => {
      expect(named.rtcp).toContain(30_001);
      expect(none.rtp.length).toBeGreaterThan(3);
    });
    expect(none.rtcp).toEqual([]);
  });

  it('a packet from port 0 is no party to latch onto', async () => {
    const setting = await Setting.start();
    const { ports, rtp } = keptPorts();
    setting.offer('a', (await Phone.open()).sdp([], 30_000), ports, { latch: true });
    const packet = Buffer.alloc(172);
    packet.writeUInt8(0x80, 0);
    ports.handlers?.rtp(packet, { address: '127.0.0.7', port: 0, family: 'IPv4', size: 172 });
    await setting.run('play', { call: 'c', leg: 'a', source: { kind: 'silence' } });
    await until(() => {
      expect(rtp.length).toBeGreaterThan(3);
    });
    expect(new Set(rtp)).toEqual(new Set([30_000]));
  });
});

describe('a fault of ours in one leg', () => {
  it.each(['of the beat', 'of a packet that is passed on to it'])(
    'closes that leg alone, with its cause: in the handling %s',
    async (where) => {
      const setting = await Setting.start();
      const [a, b] = [await setting.phone('a'), await setting.phone('b')];
      const { ports } = keptPorts();
      const broken = {
        ...ports,
        sendRtp: () => {
          throw new Error('broken');
        },
      };
      setting.offer('x', (await Phone.open()).sdp([], 30_000), broken);
      if (where === 'of the beat') {
        await setting.run('play', { call: 'c', leg: 'x', source: { kind: 'tone' } });
      } else {
        await setting.run('connect', { call: 'c', a: 'a', b: 'x' });
        a.send(VOICE);
      }
      await until(() => {
        const lost = setting.events.filter(({ type }) => type === 'lost');
        expect(lost).toMatchObject([{ leg: 'x', cause: expect.stringContaining('broken') }]);
      });
      expect(await setting.run('query', { call: 'c' })).toHaveLength(2);
      await setting.run('connect', { call: 'c', a: 'a', b: 'b' });
      a.send(VOICE);
      await until(() => {
        expect(b.payloads(0)).toContainEqual(VOICE);
      });
    },
  );

  it('that comes up in what its party sent closes it as well', async () => {
    const setting = await Setting.start();
    const { ports } = keptPorts();
    setting.offer('x', (await Phone.open()).sdp([], 30_000), ports);
    const from = {
      port: 30_000,
      family: 'IPv4' as const,
      size: 172,
      get address(): string {
        throw new Error('broken');
      },
    };
    const packet = Buffer.alloc(172);
    packet.writeUInt8(0x80, 0);
    ports.handlers?.rtp(packet, from);
    expect(setting.events).toContainEqual(expect.objectContaining({ type: 'lost', leg: 'x' }));
  });
});
