/**
 * `npm run e2e:assistants [-- --quick]`: visitors in Chromium talk to an assistant of each engine, with a spoken sentence as their microphone.
 * Prints how long they waited and what the gateway spent; exits 0 only if everything held. `--quick`: fewer turns, as in `npm test`; `--engine NAME`: that one only.
 */
import { parseArgs } from 'node:util';
import { isOutOfTime, report, type EngineResult } from './sheet.ts';
import { answerTimes, silentAfter } from './figures.ts';
import { Lab } from './lab.ts';
import { refusedFor, Talk } from './talk.ts';
import { writeSilence } from '../lib/wav.ts';
import { writeSpeech } from './voice.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, engine: { type: 'string' } },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const ENGINES = ['local', 'openai-realtime', 'cascade'].filter(
  (name) => values.engine === undefined || values.engine === name,
);
/** Sentences of the caller's that are waited for. */
const TURNS = values.quick ? 1 : 4;
const TURN_SECONDS = 7;

const failures: string[] = [];
function check(what: string, holds: boolean): void {
  say(`  ${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (!holds) {
    failures.push(what);
  }
}

async function talkTo(lab: Lab, engine: string, microphone: string): Promise<EngineResult> {
  say(`\n${engine}`);
  const before = lab.usage();
  const since = performance.now();
  const talk = await Talk.start(lab, engine, microphone);
  try {
    const created = await talk.until(
      'the conversation',
      ({ type }) => type === 'conversation.created',
    );
    const { assistant } = created as { readonly assistant?: { readonly id?: string } };
    check('reaches its assistant', assistant?.id === engine);
    check('messages name the call', created['call_id'] === talk.callId);
    await talk.until('the greeting', ({ type }) => type === 'output_audio_buffer.started');
    check('the greeting is heard', true);
    await talk.until('an interruption', ({ type }) => type === 'output_audio_buffer.cleared');
    await talk.until('the caller’s words', ({ type }) =>
      String(type).endsWith('transcription.completed'),
    );
    check('the caller’s voice cuts it off, and is understood', true);
    await talk.page.waitForTimeout(TURNS * TURN_SECONDS * 1000);

    await talk.invoke(
      'sendConversationMessage',
      engine === 'local' ? 'book for two people' : 'book',
    );
    const called = await talk.until('a tool', ({ type, item }) => {
      const { type: kind } = (item ?? {}) as { readonly type?: string };
      return type === 'conversation.item.created' && kind === 'function_call';
    });
    const { item } = called as {
      readonly item: { readonly call_id: string; readonly name: string };
    };
    check('a tool is asked for on the page', item.name === 'fill_booking');
    await talk.invoke('sendAIConversationMessage', {
      type: 'function_call_output',
      call_id: item.call_id,
      output: '{"ok":true}',
    });
    const errors = (await talk.events()).filter(({ type }) => type === 'error');
    check(`no errors ${JSON.stringify(errors)}`, errors.length === 0);
    const seconds = (performance.now() - since) / 1000;
    const after = lab.usage();
    const timeline = await talk.end();
    const silentMs = silentAfter(timeline);
    check(
      `silent at the ear ${String(Math.round(silentMs ?? -1))} ms after the caller began (at most 400)`,
      silentMs !== null && silentMs <= 400,
    );
    return {
      engine,
      silentMs,
      atTheEar: answerTimes(timeline),
      turns: [],
      cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100,
      memoryBytes: after.bytes - before.bytes,
    };
  } catch (error) {
    await talk.abandon();
    throw error;
  }
}

async function isolation(lab: Lab, microphone: string): Promise<void> {
  say('\nguests');
  await lab.gateway.addUser('1001');
  for (const destination of ['1001', 'assistant:cascade', 'echo']) {
    const talk = await Talk.start(lab, 'local', microphone, destination);
    const { assistant } = (await talk.until(
      'the conversation',
      ({ type }) => type === 'conversation.created',
    )) as { readonly assistant?: { readonly id?: string } };
    await talk.end();
    check(`one who dials ${destination} gets its own assistant`, assistant?.id === 'local');
  }
  for (const assistant of ['closed', 'unknown']) {
    const told = await refusedFor(lab, assistant, microphone);
    check(
      `one who asks for "${assistant}" is refused with a reason`,
      told.includes('telnyx.error'),
    );
  }
}

const lab = await Lab.start();
const results: EngineResult[] = [];
try {
  const microphone = writeSpeech('book a table', [5, TURN_SECONDS - 1.5]);
  for (const engine of ENGINES) {
    try {
      results.push(await talkTo(lab, engine, microphone));
    } catch (error) {
      check(`${engine}: ${(error as Error).message}`, false);
    }
  }
  await isolation(lab, writeSilence());
  check('the servers were spoken to as published', lab.realtime.faults.length === 0);
  for (const fault of lab.realtime.faults) {
    say(`    ${fault}`);
  }
  say(`\n${await report(lab.gateway, results)}`);
  for (const late of isOutOfTime(results)) {
    check(late, false);
  }
} finally {
  const mistakes = lab.gateway.errors;
  const code = await lab.stop();
  check(
    `the gateway ended well (${code}), without a mistake in its log`,
    code === '0' && mistakes.length === 0,
  );
  for (const line of mistakes.slice(0, 5)) {
    say(`    ${line}`);
  }
}
say(failures.length === 0 ? '\nEverything held.' : `\n${String(failures.length)} did not hold.`);
process.exitCode = failures.length === 0 ? 0 : 1;
