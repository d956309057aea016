import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalogue, parseAssistant } from './catalogue.ts';
import { TargetPolicy } from './target-policy.ts';
import type { TargetRules } from './target-policy.ts';

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
