import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { vowel } from '../../media/testing/speech.ts';
import type { Engine, EngineSetup } from '../engine.ts';
import { HostEar } from '../testing/engine-host.ts';

/** What stands behind an engine in a test. */
export interface Bench {
  create(setup: EngineSetup): Engine;
  /** A text after which the engine asks for the tool `fill_booking`. */
  readonly toolText: string;
  /** What the spoken utterance is understood as; null where nothing is. */
  readonly understood: string | null;
  stop(): Promise<void>;
}

/** What every engine does. */
export function describeEngine(name: string, start: () => Promise<Bench>): void {
  describe(name, () => {
    let bench: Bench;
    let ear: HostEar;
    let engine: Engine;
    const never = new AbortController().signal;
    const tools = [
      {
        name: 'fill_booking',
        description: 'Fills the form.',
        parameters: { type: 'object', properties: { people: { type: 'integer' } } },
        run: 'page' as const,
      },
    ];

    beforeEach(async () => {
      bench = await start();
      ear = new HostEar();
      engine = bench.create(ear.setup({ tools }));
    });
    afterEach(async () => {
      engine.close();
      await bench.stop();
    });

    const type = (text: string): void => {
      const content = [{ type: 'input_text' as const, text }];
      engine.message({ type: 'message', role: 'user', id: 'm', content });
    };
    const speak = (utterance: string): void => {
      const voice = vowel(engine.rate, 0.6);
      const frame = engine.rate / 50;
      engine.speech(true, utterance);
      for (let at = 0; at < voice.length; at += frame) {
        engine.hear(voice.slice(at, at + frame));
      }
      for (let i = 0; i < 40; i += 1) {
        engine.hear(new Int16Array(frame));
      }
      engine.speech(false, utterance);
    };
    const begun = async (): Promise<void> => {
      await engine.open(never);
      engine.begin();
      await ear.until('responded completed');
    };

    test('greets: it says that it answers, what it says, its voice to an end, and that it is done', async () => {
      await begun();
      expect(ear.told[0]).toBe('responding');
      expect(ear.has('said Hello there.')).toBe(true);
      expect(ear.samples).toBeGreaterThan(engine.rate / 10);
      expect(ear.count('voice last')).toBe(1);
      expect(ear.errors).toEqual([]);
    });

    test('answers a typed text', async () => {
      await begun();
      type('hello');
      await ear.until('responded completed', 2);
      expect(ear.count(/^said /)).toBe(2);
      expect(ear.count('voice last')).toBe(2);
    });

    test('answers what was spoken, and tells what it understood', async () => {
      await begun();
      speak('u1');
      await ear.until(/^heard /);
      expect(ear.told.find((line) => line.startsWith('heard'))).toBe(
        `heard u1 ${bench.understood ?? '-'}`,
      );
      await ear.until('responded completed', 2);
    });

    test('asks for a tool, and goes on with what it returned', async () => {
      await begun();
      type(bench.toolText);
      await ear.until(/^call fill_booking \{/);
      const [call] = ear.calls;
      const said = ear.count(/^said /);
      engine.toolOutput(call?.id ?? '', '{"error":"the form is broken"}');
      await ear.until(/^said /, said + 1);
      await ear.when(() => ear.told.at(-1) === 'responded completed', 'it is done');
      expect(ear.errors).toEqual([]);
    });

    test('an answer gives way to a text that comes meanwhile: each is done once', async () => {
      await engine.open(never);
      engine.begin();
      await ear.until('responding');
      engine.interrupted(ear.responses[0] ?? '', 0);
      type('hello');
      await ear.when(() => ear.count(/^responded/) >= 2, 'two answers are done');
      expect(ear.count(/^responded/)).toBe(ear.responses.length);
      expect(ear.told.at(-1)).toBe('responded completed');
    });

    test('an interruption after the end does no harm', async () => {
      await begun();
      engine.interrupted(ear.responses[0] ?? '', 40);
      engine.interrupted('unknown', null);
      type('hello');
      await ear.until('responded completed', 2);
    });

    test('digits are an input', async () => {
      await begun();
      engine.digits('1');
      await ear.until('responded completed', 2);
    });

    test('takes up a conversation that was joined', async () => {
      engine.close();
      const history = [
        { role: 'user' as const, text: 'I am Ada', at: 0 },
        { role: 'assistant' as const, text: 'Hello Ada', at: 0 },
      ];
      engine = bench.create(ear.setup({ tools, history }));
      await begun();
      expect(ear.has('said Hello there.')).toBe(false);
    });

    test('tells nothing after it was closed', async () => {
      await begun();
      speak('u1');
      type('hello');
      engine.close();
      const before = ear.told.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(ear.told.length).toBe(before);
      engine.close();
    });
  });
}
