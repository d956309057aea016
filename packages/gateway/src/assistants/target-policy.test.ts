import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalogue, parseAssistant } from './catalogue.ts';
import { chat } from './engines/cascade/chat.ts';
import { speak } from './engines/cascade/speaker.ts';
import { transcribe } from './engines/cascade/transcriber.ts';
import { RealtimeEngine } from './engines/realtime/realtime-engine.ts';
import { TargetPolicy } from './target-policy.ts';
import type { TargetRules } from './target-policy.ts';
import { HostEar } from './testing/engine-host.ts';
import { ToolCalls } from './tool-calls.ts';

const policy = (rules: Partial<TargetRules> = {}): TargetPolicy =>
  new TargetPolicy({ hosts: [], privateHosts: false, keys: [], ...rules });

const realtime = (url: string, key?: object) =>
  parseAssistant({
    id: 'a',
    versions: [
      {
        version: '1',
        engine: { kind: 'openai-realtime', url, model: 'm', ...(key === undefined ? {} : { key }) },
      },
    ],
  });

describe('where an assistant of an administrator may connect to', () => {
  it.each([
    'ws://localhost:9000',
    'ws://127.0.0.1:9000',
    'ws://127.8.8.8',
    'wss://10.0.0.7',
    'wss://192.168.1.1',
    'wss://169.254.169.254/latest/meta-data',
    'wss://[::1]',
    'wss://[::ffff:127.0.0.1]',
    'wss://[fd00::1]',
    'wss://[64:ff9b::a00:7]',
    'wss://[64:ff9b::7f00:1]',
    'wss://[2002:a00:7::1]',
    'wss://[::10.0.0.7]',
    'wss://[ff02::1]',
    'wss://224.0.0.251',
    'wss://255.255.255.255',
    'wss://198.18.0.1',
    'wss://2130706433',
    'wss://metadata.google.internal',
    'wss://printer.local.',
    'wss://vault',
  ])('not to %s, unless the operator allows it', (url) => {
    expect(policy().objection(realtime(url))).toMatch(/private network/);
    expect(policy({ privateHosts: true }).objection(realtime(url))).toBeNull();
  });

  it('to public hosts, or only to those that are listed', () => {
    const assistant = realtime('wss://api.example.com/v1');
    expect(policy().objection(assistant)).toBeNull();
    expect(policy({ hosts: ['api.example.com'] }).objection(assistant)).toBeNull();
    expect(policy({ hosts: ['*.example.com'] }).objection(assistant)).toBeNull();
    expect(policy({ hosts: ['example.com'] }).objection(assistant)).toMatch(/assistantPolicy/);
    expect(policy({ hosts: ['*.ample.com'] }).objection(assistant)).toMatch(/assistantPolicy/);
    expect(policy({ hosts: ['localhost'] }).objection(realtime('ws://localhost'))).toBeNull();
  });

  it('with a key only where that key may go', () => {
    const key = { env: 'ASSISTANT_KEY_A' };
    const assistant = realtime('wss://evil.example.com', key);
    expect(policy().objection(assistant)).toMatch(/ASSISTANT_KEY_A may not go to evil/);
    const keys = [{ env: 'ASSISTANT_KEY_A', hosts: ['api.example.com'] }];
    expect(policy({ keys }).objection(assistant)).toMatch(/may not go/);
    expect(policy({ keys }).objection(realtime('wss://api.example.com', key))).toBeNull();
    const other = realtime('wss://api.example.com', { env: 'OFFHOOK_TURN_SECRET' });
    expect(policy({ keys }).objection(other)).toMatch(/here only/);
  });

  it('counts for tools and for every part of a cascade too', () => {
    const part = { url: 'https://api.example.com', model: 'm' };
    const inside = { url: 'http://127.0.0.1:8000', model: 'm' };
    for (const where of ['stt', 'chat', 'tts']) {
      const engine = { kind: 'cascade', stt: part, chat: part, tts: part, [where]: inside };
      const cascade = parseAssistant({ id: 'a', versions: [{ version: '1', engine }] });
      expect(policy().objection(cascade)).toMatch(new RegExp(`^version 1, ${where}: `));
    }
    const tools = [{ name: 'look', run: { url: 'http://127.0.0.1:8000' } }];
    const version = { version: '1', engine: { kind: 'local' }, tools };
    const withTool = parseAssistant({ id: 'a', versions: [version] });
    expect(policy().objection(withTool)).toMatch(/^version 1, tool look: /);
  });

  it('bars what an earlier policy let in, and keeps it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
    const path = join(folder, 'assistants.json');
    writeFileSync(path, JSON.stringify([realtime('wss://10.0.0.7')]));
    const catalogue = new Catalogue([], path, policy());
    expect(catalogue.get('a')).toBeUndefined();
    expect(catalogue.barred()).toMatchObject([['a', expect.stringContaining('private') as string]]);
    catalogue.put({ id: 'b', versions: [{ version: '1', engine: { kind: 'local' } }] });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject([{ id: 'b' }, { id: 'a' }]);
    rmSync(folder, { recursive: true });
  });
});

/** Each way that an assistant connects anywhere, once. */
const WAYS: Readonly<Record<string, (host: string, lookup: LookupFunction) => Promise<unknown>>> = {
  'a realtime engine': (host, lookup) => {
    const url = `wss://${host}`;
    const settings = { kind: 'openai-realtime', url, model: 'm', session: {} } as const;
    const engine = new RealtimeEngine(
      { ...settings, turnDetection: 'gateway' },
      { ...new HostEar().setup(), lookup },
    );
    return engine.open(AbortSignal.timeout(500)).finally(() => {
      engine.close();
    });
  },
  'speech-to-text over HTTP': (host, lookup) => heard(`https://${host}`, lookup),
  'speech-to-text over WebSocket': (host, lookup) => heard(`wss://${host}`, lookup),
  'text-to-speech over HTTP': (host, lookup) => spoken(`https://${host}`, lookup),
  'text-to-speech over WebSocket': (host, lookup) => spoken(`wss://${host}`, lookup),
  chat: (host, lookup) => {
    const settings = { url: `https://${host}`, model: 'm', sees: false, usage: false };
    const signal = AbortSignal.timeout(500);
    const onUsage = (): void => undefined;
    return chat({ settings, messages: [], tools: [], signal, lookup, onUsage }).next();
  },
  'a tool': (host, lookup) =>
    new Promise((resolve, reject) => {
      const { guard, clock } = new HostEar().setup();
      const url = `https://${host}`;
      const tools = new ToolCalls({
        tools: [{ name: 't', description: '', parameters: {}, run: { url } }],
        timeoutMs: 500,
        clock,
        guard,
        lookup,
        tell: () => undefined,
        transfer: () => Promise.resolve(null),
        onOutput: (_call, output) => {
          if (output.includes('error')) {
            reject(new Error(output));
          } else {
            resolve(output);
          }
        },
      });
      tools.call({ id: '1', name: 't', args: '{}' });
    }),
};

function heard(url: string, lookup: LookupFunction): Promise<string> {
  const { guard } = new HostEar().setup();
  const settings = { url, model: 'm' };
  const listening = transcribe({
    settings,
    rate: 16_000,
    lookup,
    guard,
    onPartial: () => undefined,
  });
  listening.hear(new Int16Array(320));
  setTimeout(() => {
    listening.abort();
  }, 500);
  return listening.finish();
}

function spoken(url: string, lookup: LookupFunction): Promise<unknown> {
  const settings = { url, model: 'm', voice: 'v', rate: 16_000 };
  return speak(settings, 'hello', AbortSignal.timeout(500), lookup).next();
}

describe.each(Object.entries(WAYS))('a public name that leads inside: %s', (_, connect) => {
  it('connects to nothing, unless the operator listed the host', async () => {
    let connections = 0;
    const inside = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    inside.listen(0, '127.0.0.1');
    await once(inside, 'listening');
    const host = `rebound.example.com:${String((inside.address() as AddressInfo).port)}`;
    // A public address first: that one alone is no proof.
    const answers = [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const rules = { privateHosts: false, keys: [] };
    const strict = new TargetPolicy({ ...rules, hosts: [] }, (_host, _options, answer) => {
      answer(null, answers);
    });
    await expect(connect(host, strict.lookup)).rejects.toThrow();
    expect(connections).toBe(0);
    const listed = new TargetPolicy(
      { ...rules, hosts: ['*.example.com'] },
      (_host, _options, answer) => {
        answer(null, answers.slice(1));
      },
    );
    await expect(connect(host, listed.lookup)).rejects.toThrow();
    expect(connections).toBeGreaterThan(0);
    inside.close();
  });
});

it('what the operator configured is looked up as everything is; what an administrator made, by the policy', () => {
  const strict = policy();
  const fixed = realtime('wss://inside.example.com');
  const catalogue = new Catalogue([fixed], null, strict);
  catalogue.put({ ...realtime('wss://api.example.com'), id: 'b' });
  expect(catalogue.find('b')?.lookup).toBe(strict.lookup);
  expect(catalogue.find('a')?.lookup).not.toBe(strict.lookup);
});
