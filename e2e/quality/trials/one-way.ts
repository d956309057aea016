import type { Seat } from '../../survival/seat.ts';
import { pause } from '../../survival/seat.ts';
import { talk } from '../../survival/talk.ts';
import type { World } from '../../survival/world.ts';
import { FAR, NEAR } from '../../survival/world.ts';
import type { Ledger } from '../ledger.ts';
import { Reported } from '../reported.ts';
import type { Trial } from '../trial.ts';

const FLAG_MS = 5_000;
const CODE = 37003;

/** From now on the page sends packets that carry nothing, or its voice again. Past the SDK, as a broken driver would. */
const sendSilence = (seat: Seat, on: boolean): Promise<void> =>
  seat.page.evaluate(`(async () => {
    const sender = ear.peers.at(-1).getSenders().find(({ track }) => track?.kind === 'audio');
    window.voice ??= sender.track;
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    // A destination that nothing is connected to sends nothing at all, and no silence.
    const source = new ConstantSourceNode(context, { offset: 0 });
    source.connect(out);
    source.start();
    const [silence] = out.stream.getAudioTracks();
    await sender.replaceTrack(${String(on)} ? silence : window.voice);
  })()`);

/** Ends a silence when both ends had the time to notice, and lets them notice that. */
async function voiceAgain(seat: Seat, since: number): Promise<void> {
  await pause(Math.max(0, since + FLAG_MS - Date.now()));
  await sendSilence(seat, false);
  await pause(3_000);
}

/** How long after a time the page was told of one-way audio; NaN when it was not within 8 s. */
async function flagged(seat: Seat, since: number): Promise<number> {
  const told = `driver.log.some(({ event, code, at }) => event === 'warning' && code === ${String(CODE)} && performance.timeOrigin + at > ${String(since)})`;
  await seat.until(told, 8_000).catch(() => undefined);
  const [first] = (await seat.told(since)).filter(({ code }) => code === CODE);
  return (first?.time ?? Number.NaN) - since;
}

async function run(world: World, ledger: Ledger): Promise<void> {
  const { near, far, id, farId } = await talk(world);
  await pause(2_000);

  const inbound = Date.now();
  await sendSilence(far, true);
  ledger.compare(
    'caller told of silence from the far side',
    'ms',
    0,
    await flagged(near, inbound),
    FLAG_MS,
  );
  await voiceAgain(far, inbound);

  const outbound = Date.now();
  await sendSilence(near, true);
  ledger.compare('caller told of its own silence', 'ms', 0, await flagged(near, outbound), FLAG_MS);
  await voiceAgain(near, outbound);

  const meant = Date.now();
  await near.invoke(id, 'hold');
  await pause(6_000);
  await near.invoke(id, 'unhold');
  await near.invoke(id, 'muteAudio');
  await pause(6_000);
  await near.invoke(id, 'unmuteAudio');
  const told = (await near.told(meant)).filter(({ event, code }) => event === 'warning' && code);
  ledger.check(
    told.length === 0,
    `held and muted, and warned of ${told.map(({ code }) => String(code)).join(', ')}`,
  );

  await near.invoke(id, 'hangup');
  const [mine, theirs] = [
    await Reported.of(world, id, NEAR.user),
    await Reported.of(world, farId, FAR.user),
  ];
  for (const [who, report, direction, since] of [
    ['caller', mine, 'inbound', inbound],
    ['caller', mine, 'outbound', outbound],
    ['callee', theirs, 'outbound', inbound],
    ['callee', theirs, 'inbound', outbound],
  ] as const) {
    const { raised, cleared } = report.warnings(CODE, direction);
    const at = raised.find((time) => time > since) ?? Number.NaN;
    ledger.compare(`in the report of the ${who}: ${direction}`, 'ms', 0, at - since, FLAG_MS);
    ledger.check(
      cleared.some((time) => time > at),
      `${who}: ${direction} was never cleared`,
    );
  }
}

export const oneWay: Trial = {
  name: 'one-way',
  title: 'packets that carry silence, each direction in turn',
  suite: true,
  run,
};
