import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { configFrom } from './config.ts';
import { startGateway } from './gateway.ts';
import { loadUsers } from './load/credentials.ts';
import { Participant } from './load/participant.ts';
import { silentLogger } from './logging/logger.ts';
import { realParts } from './main.ts';
import { Party } from './media/testing/party.ts';
import type { Heard } from './media/testing/party.ts';

const SECRET = 'a secret of these tests, 32 bytes or more';
const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
});

/** As long as a description may be: 10,500 formats, and 1,500 lines that are about all of them. */
function costly(sdp: string): string {
  const formats = Array.from({ length: 10_500 }, (_, at) => String(at % 128)).join(' ');
  const lines = sdp
    .split('\r\n')
    .map((line) => (line.startsWith('m=audio') ? `${line} ${formats}` : line));
  return [
    ...lines.filter((line) => line !== ''),
    ...Array<string>(1_500).fill('a=rtcp-fb:* nack'),
    '',
  ].join('\r\n');
}

function decodeMuLaw(byte: number): number {
  const inverted = ~byte & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted >> 4) & 7);
  return (inverted & 0x80 ? -1 : 1) * (magnitude - 0x84);
}

/** Share of the power at 1000 Hz in what was heard, packet after packet. */
function toneIn(packets: readonly Heard[]): number {
  const samples = packets.flatMap(({ payload }) => [...payload].map(decodeMuLaw));
  let [sine, cosine, power] = [0, 0, 0];
  for (const [at, sample] of samples.entries()) {
    sine += sample * Math.sin((2 * Math.PI * 1000 * at) / 8000);
    cosine += sample * Math.cos((2 * Math.PI * 1000 * at) / 8000);
    power += sample * sample;
  }
  return (2 * (sine * sine + cosine * cosine)) / (samples.length * Math.max(1, power));
}

it('four invites of 62 kB and two changes of a call like them, over a real socket: a stranger’s tone goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-costly-'));
  const jwtSecretFile = join(folder, 'secret');
  writeFileSync(jwtSecretFile, SECRET);
  const media = { bind: ['127.0.0.1'], workers: 1, portMin: 42_300, portMax: 42_399 };
  const drain = { callSeconds: 0, idleSeconds: 0 };
  const gateway = await startGateway(
    configFrom({ port: 0, dataDir: folder, media, drain, auth: { jwt: { secrets: [SECRET] } } }),
    silentLogger(),
    realParts,
  );
  undo.push(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { url } = gateway;
  const target = new URL(url.replace('http', 'ws'));
  const users = await loadUsers(target, { jwtSecretFile }, 3, 'user-');
  const lost: string[] = [];
  const enter = async (makeEnd: () => Promise<Party>, spoil = (sdp: string) => sdp) => {
    const user = users.pop();
    if (!user) {
      throw new Error('no user');
    }
    let party: Promise<Party> | undefined;
    const participant = new Participant(
      target,
      user,
      () => {
        const made = makeEnd();
        party = made;
        return {
          offer: async () => spoil(await (await made).offer()),
          accept: async (sdp: string) => (await made).accept(sdp),
          answer: async (sdp: string) => (await made).answer(sdp),
          close: async () => (await made).close(),
        };
      },
      () => lost.push(user.name),
    );
    undo.push(() => participant.close());
    await participant.client.signIn();
    return { participant, party: () => party };
  };

  const pcmu = () => Party.create({ codecs: ['PCMU'] });
  const victim = await enter(pcmu);
  await victim.participant.call('tone');
  const ear = await victim.party();
  if (!ear) {
    throw new Error('no party');
  }
  await ear.listen(10, 20_000);

  const attacker = await enter(() => Party.create(), costly);
  const from = ear.heard.length;
  const refusals = await Promise.allSettled(
    Array.from({ length: 4 }, () => attacker.participant.call('tone')),
  );
  expect(refusals).toEqual(
    Array(4).fill({
      status: 'rejected',
      reason: expect.objectContaining({ reason: 'INCOMPATIBLE_DESTINATION' }) as unknown,
    }),
  );

  const other = await enter(() => Party.create());
  const callID = 'a call of hers';
  const dialogParams = { callID, destination_number: 'tone', audio: true };
  const party = await Party.create();
  undo.push(() => party.close());
  const sdp = await party.offer();
  await other.participant.client.request('telnyx_rtc.invite', { sdp, dialogParams });
  const changes = await Promise.allSettled(
    Array.from({ length: 2 }, () =>
      other.participant.client.request('telnyx_rtc.modify', {
        action: 'updateMedia',
        sdp: costly(sdp),
        dialogParams,
      }),
    ),
  );
  expect(changes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);

  await ear.listen(25, 20_000);
  const heard = ear.heard.slice(from);
  // Not one packet of the tone is missing, and all of them are of it.
  const steps = heard
    .slice(1)
    .map(({ sequence }, at) => (sequence - (heard[at]?.sequence ?? 0)) & 0xffff);
  expect(new Set(steps)).toEqual(new Set([1]));
  expect(toneIn(heard)).toBeGreaterThan(0.9);
  expect(lost).toEqual([]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^offhook_media_threads_lost_total 0$/m);
});
