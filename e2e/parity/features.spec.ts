import { readFileSync } from 'node:fs';
import type { CallView, Party } from '../lib/party.ts';
import { expect, test } from '../lib/test.ts';
import { serve } from '../lib/web-server.ts';

/** Reports, recordings, debug files, devices and processors, each by what arrives or is heard. */

interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the page posts, as it leaves. The gateway answers. */
function posts(party: Party): Post[] {
  const seen: Post[] = [];
  party.page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() !== 'POST' || !pathname.startsWith('/call_')) {
      return;
    }
    const body = JSON.parse(request.postData() ?? '{}') as Record<string, unknown>;
    seen.push({ path: pathname, headers: request.headers(), body });
  });
  return seen;
}

/** What the gateway said to them. */
function answers(party: Party): number[] {
  const seen: number[] = [];
  party.page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.request().method() === 'POST' && pathname.startsWith('/call_')) {
      seen.push(response.status());
    }
  });
  return seen;
}

async function echo(party: Party, options: object = {}): Promise<CallView> {
  const call = await party.dial('echo', options);
  await call.reaches('active');
  await party.hears(party);
  return call;
}

/** Statistics are taken once a second: waits for those of a second. */
const sampled = (party: Party): Promise<void> =>
  party.page.evaluate(() => {
    const client = window.driver.client as unknown as {
      calls: Record<string, { on(event: 'sample', listener: () => void): void }>;
    };
    const [call] = Object.values(client.calls);
    return new Promise<void>((resolve) => call?.on('sample', resolve));
  });

async function end(call: CallView): Promise<void> {
  await call.hangup();
  await call.ended();
}

test.describe('enableCallReports and callReportInterval', () => {
  test('a report of the call arrives at the gateway, which takes it', async ({ party }) => {
    const ann = await party('1001', { options: { callReportInterval: 1000 } });
    const [sent, taken] = [posts(ann), answers(ann)];
    const call = await echo(ann, { callerNumber: '1001' });
    await call.invoke('muteAudio');
    await call.invoke('unmuteAudio');
    await ann.hears(ann);
    await end(call);
    await expect.poll(() => taken).toEqual([204]);
    expect(sent[0]?.headers).toMatchObject({ 'x-call-id': call.id });
    expect(sent[0]?.headers['x-call-report-id']).toBeTruthy();
    const body = sent[0]?.body as unknown as {
      summary: object;
      stats: { audio: { inbound?: { packetsReceived?: number } } }[];
      logs: object[];
      offhook: { events: { type: string }[] };
    };
    expect(body.summary).toMatchObject({
      callId: call.id,
      destinationNumber: 'echo',
      direction: 'outbound',
      state: 'destroy',
    });
    expect(body.stats.at(-1)?.audio.inbound?.packetsReceived).toBeGreaterThan(0);
    expect(body.logs.length).toBeGreaterThan(0);
    const types = body.offhook.events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['state', 'ice', 'mute', 'ended']));
  });

  test('false sends nothing', async ({ party }) => {
    const ann = await party('1001', { options: { enableCallReports: false } });
    const sent = posts(ann);
    await end(await echo(ann));
    await ann.signOut();
    expect(sent).toEqual([]);
  });

  test('a report survives the page: it leaves while that goes away', async ({
    party,
    gateway,
    site,
  }) => {
    const ann = await party('1001');
    await echo(ann);
    const before = await gateway.metric('offhook_report_uploads_total');
    await ann.page.goto(site.url('offhook'));
    await expect.poll(() => gateway.metric('offhook_report_uploads_total')).toBe(before + 1);
  });
});

test('feedback goes into the report, and after the end on its own', async ({ party }) => {
  const ann = await party('1001');
  const [sent, taken] = [posts(ann), answers(ann)];
  const call = await echo(ann);
  expect(await call.invoke('feedback', { score: 4, tags: ['echo'], note: 'good' })).toBe(true);
  await end(call);
  expect(await call.invoke('feedback', { score: 2 })).toBe(true);
  await expect.poll(() => taken).toEqual([204, 204]);
  expect(sent.map(({ body }) => (body['offhook'] as { feedback: object }).feedback)).toEqual([
    { score: 4, tags: ['echo'], note: 'good' },
    expect.objectContaining({ score: 2 }),
  ]);
});

test.describe('debug and debugOutput', () => {
  const debugFrames = (party: Party) =>
    party.frames.all.filter(({ from, text }) => from === 'page' && text.includes('debug_report_'));

  test('socket: the timeline streams beside the call', async ({ party }) => {
    const ann = await party('1001', { options: { debug: true } });
    const call = await echo(ann);
    await sampled(ann);
    await end(call);
    await expect
      .poll(() => debugFrames(ann).map(({ text }) => (JSON.parse(text) as { type: string }).type))
      .toEqual(
        expect.arrayContaining(['debug_report_start', 'debug_report_data', 'debug_report_stop']),
      );
    const events = debugFrames(ann).map(({ text }) => /"event":"(\w+)"/.exec(text)?.[1]);
    for (const event of ['addConnection', 'onicecandidate', 'ontrack', 'stats']) {
      expect(events).toContain(event);
    }
  });

  test('file: one JSON file is offered at the end, and nothing is sent', async ({ party }) => {
    const ann = await party('1001', { options: { debug: true, debugOutput: 'file' } });
    const call = await echo(ann);
    await sampled(ann);
    const download = ann.page.waitForEvent('download');
    await end(call);
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^webrtc-stats-[\w-]+-\d+\.json$/);
    const timeline = JSON.parse(readFileSync(await file.path(), 'utf8')) as { event: string }[];
    expect(timeline.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['addConnection', 'ontrack', 'onconnectionstatechange', 'stats']),
    );
    expect(debugFrames(ann)).toEqual([]);
  });
});

test('devicesChanged tells once what came and went', async ({ party }) => {
  const ann = await party('1001');
  const seen = await ann.page.evaluate(async () => {
    interface Change {
      added: { deviceId: string }[];
      removed: { deviceId: string }[];
    }
    const changes: string[][][] = [];
    const media = navigator.mediaDevices;
    const all = await media.enumerateDevices();
    const headset = { deviceId: 'headset', groupId: 'g', kind: 'audioinput', label: 'Headset' };
    let devices: unknown[] = all;
    media.enumerateDevices = () => Promise.resolve(devices as MediaDeviceInfo[]);
    const { devices: ours } = window.driver.client as unknown as {
      devices: { on(event: string, listener: (change: Change) => void): () => void };
    };
    const told = () =>
      new Promise<void>((resolve) => {
        const undo = ours.on('devicesChanged', ({ added, removed }) => {
          const ids = (list: { deviceId: string }[]) => list.map(({ deviceId }) => deviceId);
          changes.push([ids(added), ids(removed)]);
          undo();
          resolve();
        });
      });
    for (const next of [[...all, headset], all]) {
      const change = told();
      await media.enumerateDevices();
      devices = next;
      for (let times = 0; times < 2; times += 1) {
        media.dispatchEvent(new Event('devicechange'));
      }
      await change;
    }
    return changes;
  });
  expect(seen).toEqual([
    [['headset'], []],
    [[], ['headset']],
  ]);
});

test.describe('audioProcessor', () => {
  /** A processor of this gain, as `window.gain`, and what it let go. */
  const define = (party: Party, gain: number) =>
    party.page.evaluate((value) => {
      Object.assign(window, {
        gain: {
          outbound(track: MediaStreamTrack) {
            const context = new AudioContext();
            const out = context.createMediaStreamDestination();
            const node = context.createGain();
            node.gain.value = value;
            context
              .createMediaStreamSource(new MediaStream([track]))
              .connect(node)
              .connect(out);
            return out.stream.getAudioTracks()[0];
          },
        },
      });
    }, gain);
  const set = (party: Party, on: boolean) =>
    party.page.evaluate((wanted) => {
      const client = window.driver.client as unknown as {
        calls: Record<string, { setAudioProcessor(processor: unknown): Promise<void> }>;
      };
      const [call] = Object.values(client.calls);
      return call?.setAudioProcessor(wanted ? (window as unknown as { gain: object }).gain : null);
    }, on);

  test('with no gain the far end hears silence; taken out, it hears the microphone again', async ({
    party,
  }) => {
    const ann = await party('1001');
    const bob = await party('1002');
    await define(ann, 0);
    const call = await ann.dial('1002');
    const inbound = await bob.incoming();
    await inbound.answer();
    await call.reaches('active');
    await bob.hears(ann);
    await set(ann, true);
    await bob.hearsSilence();
    await set(ann, false);
    await bob.hears(ann);
    expect(await ann.codes()).not.toContain(37002);
  });
});

test('talking while muted is told, and what is said is not sent', async ({ party }) => {
  const ann = await party('1001');
  const call = await echo(ann);
  await ann.page.evaluate(() => {
    const client = window.driver.client as unknown as {
      calls: Record<string, { on(event: string, listener: () => void): void }>;
    };
    const told = { count: 0 };
    Object.assign(window, { told });
    for (const one of Object.values(client.calls)) {
      one.on('talkingWhileMuted', () => (told.count += 1));
    }
  });
  const count = () =>
    ann.page.evaluate(() => (window as unknown as { told: { count: number } }).told.count);
  expect(await count()).toBe(0);
  await call.invoke('muteAudio');
  await ann.hearsSilence();
  await expect.poll(count).toBeGreaterThan(0);
  await ann.hearsSilence();
});

test('enableCallRecording: both tracks arrive at callRecordingEndpoint', async ({ party }) => {
  const stub = await serve((request, response) => {
    const cors = {
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-headers': 'content-type,x-call-id,x-call-report-id,x-voice-sdk-id',
    };
    request.resume().on('end', () => response.writeHead(200, cors).end());
  });
  try {
    const endpoint = `${stub.origin}/call_recording`;
    const ann = await party('1001', {
      options: {
        enableCallRecording: true,
        callRecordingEndpoint: endpoint,
        callRecordingFlushIntervalMs: 1000,
      },
    });
    const sent = posts(ann);
    await end(await echo(ann));
    await ann.signOut();
    const recordings = sent.filter(({ path }) => path === '/call_recording');
    const finals = recordings.filter(({ body }) => body['segment'] === 'final');
    expect(finals.map(({ body }) => String(body['track'])).sort()).toEqual(['local', 'remote']);
    for (const track of ['local', 'remote']) {
      const of = recordings.filter(({ body }) => body['track'] === track);
      const packets = of.reduce((sum, { body }) => sum + Number(body['packet_count']), 0);
      expect(packets).toBeGreaterThan(10);
    }
  } finally {
    await stub.close();
  }
});
