import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Codec, VoiceEvent } from '../../media-plane.ts';
import { Party } from '../../testing/party.ts';
import { rms, vowel } from '../../testing/speech.ts';
import { LocalEngine } from '../testing/local-engine.ts';
import { loadVoiceLibraries } from './libraries.ts';
import { Resampler } from './resampler.ts';
import { createVoiceCodec } from './voice-codec.ts';

const RATE = 24_000;
const ref = { call: 'c', leg: 'l' };
const SILENT = { opus: 3, PCMU: 160, PCMA: 160 } as const;

let engine: LocalEngine;
let party: Party;

beforeEach(async () => {
  engine = await LocalEngine.start();
});

afterEach(async () => {
  await party.close();
  await engine.close();
});

async function call(codec: Codec, bargeIn = true): Promise<void> {
  party = await Party.create({ codecs: [codec] });
  const { sdp } = engine.run('offer', { ...ref, sdp: await party.offer() });
  await party.accept(sdp);
  await party.connected();
  const source = { kind: 'voice', rate: RATE, bargeIn, pauseMs: 500 } as const;
  engine.run('play', { ...ref, source });
  await party.listen(3);
}

const voices = (): VoiceEvent[] =>
  engine.events.flatMap((event) => (event.type === 'voice' ? [event.voice] : []));

function find<K extends VoiceEvent['kind']>(kind: K): Extract<VoiceEvent, { kind: K }> | undefined {
  return voices().find((event): event is Extract<VoiceEvent, { kind: K }> => event.kind === kind);
}

/** The party's voice as packets of 20 ms. */
async function packets(codec: Codec, samples: Int16Array): Promise<Buffer[]> {
  const coder = await createVoiceCodec(codec, RATE, await loadVoiceLibraries());
  const list: Buffer[] = [];
  for (let at = 0; at + 480 <= samples.length; at += 480) {
    list.push(coder.encode(samples.slice(at, at + 480)));
  }
  coder.free();
  return list;
}

/** Says packets at their pace until all are said or `until` holds. */
function say(list: readonly Buffer[], codec: Codec, until: () => boolean): Promise<void> {
  let next = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const packet = list[next++];
      if (packet && !until()) {
        party.say(packet, codec);
        return;
      }
      clearInterval(timer);
      resolve();
    }, 20);
  });
}

describe.each(['opus', 'PCMU', 'PCMA'] as const)('%s', (codec) => {
  test('what a party says is heard, and when it began and stopped', async () => {
    await call(codec);
    await say(await packets(codec, vowel(RATE, 0.6)), codec, () => false);
    await party.until('the pause', () => voices().some((e) => e.kind === 'speech' && !e.on));
    const heard = voices().flatMap((event) => (event.kind === 'heard' ? [event.pcm] : []));
    expect(Math.max(...heard.map(rms))).toBeGreaterThan(1500);
    const speech = voices().flatMap((event) => (event.kind === 'speech' ? [event.on] : []));
    expect(speech).toEqual([true, false]);
  });

  test('what is said reaches the party at its pace, and its end is told', async () => {
    await call(codec);
    const from = party.heard.length;
    engine.run('speak', { ...ref, turn: 't', pcm: vowel(RATE, 0.5), last: true });
    await party.until('the end', () => find('stopped') !== undefined);
    expect(find('started')).toMatchObject({ turn: 't', sinceSpeechMs: null });
    expect(find('stopped')).toMatchObject({ turn: 't', playedMs: 500, cut: null });
    const coder = await createVoiceCodec(codec, RATE, await loadVoiceLibraries());
    const levels = party.heard.slice(from).map(({ payload }) => rms(coder.decode(payload)));
    coder.free();
    expect(levels.filter((level) => level > 500).length).toBeGreaterThan(15);
  });
});

test('the party’s voice cuts off the assistant’s within 100 ms, and nothing of that turn follows', async () => {
  await call('opus');
  engine.run('speak', { ...ref, turn: 't', pcm: vowel(RATE, 5), last: false });
  await party.until('it plays', () => find('started') !== undefined);
  await say(await packets('opus', vowel(RATE, 2)), 'opus', () => find('stopped') !== undefined);
  const stopped = find('stopped');
  expect(stopped).toMatchObject({ turn: 't', cut: 'speech' });
  const onset = voices().find((event) => event.kind === 'speech');
  expect(onset).toMatchObject({ on: true });
  expect((stopped?.at ?? 0) - (onset?.kind === 'speech' ? onset.at : 0)).toBeLessThan(250);
  // A piece that was still on its way.
  engine.run('speak', { ...ref, turn: 't', pcm: vowel(RATE, 1), last: true });
  const since = performance.now();
  const after = (await party.listen(10)).filter(({ at }) => at > since + 100);
  expect(after.every(({ payload }) => payload.length === SILENT.opus)).toBe(true);
});

test('without barge-in the assistant talks on; hush ends it', async () => {
  await call('opus', false);
  engine.run('speak', { ...ref, turn: 't', pcm: vowel(RATE, 5), last: true });
  await party.until('it plays', () => find('started') !== undefined);
  await say(await packets('opus', vowel(RATE, 1)), 'opus', () => find('speech') !== undefined);
  expect(find('speech')).toMatchObject({ on: true });
  expect(find('stopped')).toBeUndefined();
  engine.run('hush', ref);
  expect(find('stopped')).toMatchObject({ turn: 't', cut: 'hush' });
});

test('the time from the party’s last word to the assistant’s first is told', async () => {
  await call('opus');
  await say(await packets('opus', vowel(RATE, 0.6)), 'opus', () => false);
  await party.until('the pause', () => voices().some((e) => e.kind === 'speech' && !e.on));
  engine.run('speak', { ...ref, turn: 't', pcm: vowel(RATE, 0.1), last: true });
  await party.until('it plays', () => find('started') !== undefined);
  const since = find('started')?.sinceSpeechMs ?? 0;
  expect(since).toBeGreaterThanOrEqual(500);
  expect(since).toBeLessThan(1200);
});

test('packets that are none, and lost ones, do no harm', async () => {
  await call('opus');
  const list = await packets('opus', vowel(RATE, 0.4));
  party.say('xx');
  for (const packet of list.slice(0, 5)) {
    party.say(packet);
  }
  party.say(list[8] ?? '', 'opus', 3);
  party.say(list[9] ?? '', 'opus', 200);
  await party.until('it is heard', () => voices().filter((e) => e.kind === 'heard').length >= 8);
  expect(engine.logs).toEqual([]);
});

test('what is said before the voice is ready is said when it is, and may be cut off before', async () => {
  party = await Party.create({ codecs: ['opus'] });
  const { sdp } = engine.run('offer', { ...ref, sdp: await party.offer() });
  await party.accept(sdp);
  await party.connected();
  const source = { kind: 'voice', rate: RATE, bargeIn: true, pauseMs: 500 } as const;
  engine.run('play', { ...ref, source });
  engine.run('speak', { ...ref, turn: 'a', pcm: vowel(22_050, 0.2), rate: 22_050, last: true });
  engine.run('hush', ref);
  expect(find('stopped')).toMatchObject({ turn: 'a', playedMs: 0, cut: 'hush' });
  engine.run('speak', { ...ref, turn: 'b', pcm: vowel(22_050, 0.2), rate: 22_050, last: true });
  await party.until('it plays', () => find('started') !== undefined);
  expect(find('started')).toMatchObject({ turn: 'b' });
});

test('more than minutes of speech is refused, and what waits is kept', async () => {
  await call('opus');
  const minute = new Int16Array(RATE * 60);
  for (let i = 0; i < 2; i += 1) {
    engine.run('speak', { ...ref, turn: 't', pcm: minute, last: false });
  }
  expect(() => {
    engine.run('speak', { ...ref, turn: 't', pcm: new Int16Array(RATE * 61), last: false });
  }).toThrow('More waits to be said');
});

test('a leg that plays something else has no voice to speak with', async () => {
  await call('opus');
  engine.run('play', { ...ref, source: { kind: 'tone' } });
  expect(() => {
    engine.run('hush', ref);
  }).toThrow('plays no voice');
});

test('samples keep their sound at another rate', async () => {
  await call('opus');
  const { speex } = await loadVoiceLibraries();
  const resampler = new Resampler(speex, 22_050, RATE);
  const tone = Int16Array.from({ length: 22_050 }, (_, i) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * 1000 * i) / 22_050)),
  );
  const out = resampler.process(tone);
  resampler.free();
  expect(Math.abs(out.length - RATE)).toBeLessThan(200);
  expect(rms(out.subarray(1000))).toBeCloseTo(10_000 / Math.SQRT2, -2.5);
});
