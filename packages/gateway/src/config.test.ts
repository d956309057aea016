import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, configFrom, loadConfig, redactConfig } from './config.ts';
import type { ConfigInput, ConfigProblem } from './config.ts';
import { isPrivateAddress } from './config/private-address.ts';
import { SETTINGS, environmentName } from './config/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(content: unknown, name = 'offhook.json'): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function problemsOf(input: ConfigInput): readonly ConfigProblem[] {
  try {
    loadConfig(input);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

const flag = (path: string, text: string) => ({ path, text, flag: `--set ${path}` });

describe('the configuration', () => {
  it('has a default for everything, and the defaults are safe', () => {
    const config = loadConfig();
    expect(config.host).toBe('127.0.0.1');
    expect(config.calls).toMatchObject({
      noAnswerSeconds: 60,
      parkSeconds: 90,
      unansweredParkSeconds: 30,
    });
    expect(config.trustProxy).toEqual([]);
    expect(config.origins).toEqual([]);
    expect(config.demo.enabled).toBe(false);
    expect(configFrom()).toEqual(config);
  });

  it('is defaults, then file, then environment, then flags, setting by setting', () => {
    const path = file({
      port: 1,
      dc: 'file',
      region: 'file',
      media: { portMin: 30_000, portMax: 31_000 },
    });
    const config = loadConfig({
      file: path,
      environment: {
        OFFHOOK_PORT: '2',
        OFFHOOK_DC: 'environment',
        OFFHOOK_MEDIA_PORT_MAX: '32000',
      },
      flags: [flag('port', '3')],
    });
    expect(config).toMatchObject({ port: 3, dc: 'environment', region: 'file' });
    expect(config.media).toMatchObject({ portMin: 30_000, portMax: 32_000 });
  });

  it('finds its file by OFFHOOK_CONFIG', () => {
    expect(loadConfig({ environment: { OFFHOOK_CONFIG: file({ port: 7 }) } }).port).toBe(7);
  });

  it('reads lists, booleans, numbers and JSON from the environment', () => {
    const config = loadConfig({
      environment: {
        OFFHOOK_ORIGINS: 'https://a.example, https://b.example',
        OFFHOOK_AUTH_JWT_REQUIRE_USER: 'yes',
        OFFHOOK_LIMITS_FRAME_BYTES: '65536',
        OFFHOOK_ICE_SERVERS: '[{"urls":"stun:stun.example.com"}]',
        OFFHOOK_TURN_URLS: 'turn:t.example.com:3478?transport=udp,turns:t.example.com',
        OFFHOOK_TURN_SECRET: 's3cret',
      },
    });
    expect(config.origins).toEqual(['https://a.example', 'https://b.example']);
    expect(config.auth.jwt.requireUser).toBe(true);
    expect(config.limits.frameBytes).toBe(65_536);
    expect(config.iceServers).toEqual([{ urls: 'stun:stun.example.com' }]);
    expect(config.turn).toEqual({
      urls: ['turn:t.example.com:3478?transport=udp', 'turns:t.example.com'],
      secret: 's3cret',
      ttlSeconds: 43_200,
    });
  });

  it('reads secrets from files, named in the file or by NAME_FILE', () => {
    const secret = file('0123456789abcdef0123456789abcdef\n', 'secret');
    const fromFile = file({ auth: { jwt: { secrets: [{ file: secret }] } } });
    expect(loadConfig({ file: fromFile }).auth.jwt.secrets).toEqual([
      '0123456789abcdef0123456789abcdef',
    ]);
    const environment = {
      OFFHOOK_METRICS_TOKEN_FILE: secret,
      OFFHOOK_AUTH_JWT_SECRETS_FILE: secret,
    };
    const config = loadConfig({ environment });
    expect(config.metrics.token).toBe('0123456789abcdef0123456789abcdef');
    expect(config.auth.jwt.secrets).toHaveLength(1);
  });

  it('ignores variables that are not its own, and those of the test tools', () => {
    expect(
      problemsOf({ environment: { PATH: '/bin', OFFHOOK_TEST_REPORT: 'x', PORT: '1' } }),
    ).toEqual([]);
  });
});

describe('a wrong configuration', () => {
  it('is reported whole, each problem with its place and what to do', () => {
    const path = file({ prot: 1, port: 'x', media: { portMin: 80 }, turn: { urls: ['turn:x'] } });
    const problems = problemsOf({
      file: path,
      environment: { OFFHOOK_TLS_CERTT: 'a', OFFHOOK_CALLS_PARK_SECONDS: 'soon' },
      flags: [flag('limits.frameByte', '1')],
    });
    expect(problems.map(({ path: at, message }) => [at, message]).sort()).toEqual(
      [
        ['OFFHOOK_TLS_CERTT', 'is not a setting'],
        ['calls.parkSeconds', 'must be a number'],
        ['limits.frameByte', 'is not a setting'],
        ['media.portMin', 'must be at least 1024'],
        ['port', 'must be a number'],
        ['prot', 'is not a setting'],
        ['turn.secret', 'is missing'],
      ].sort(),
    );
    const find = (at: string): ConfigProblem | undefined =>
      problems.find((problem) => problem.path === at);
    expect(find('prot')).toMatchObject({ source: `file ${path}`, fix: 'did you mean port?' });
    expect(find('OFFHOOK_TLS_CERTT')?.fix).toBe('did you mean OFFHOOK_TLS_CERT?');
    expect(find('media.portMin')).toMatchObject({
      source: `file ${path}`,
      fix: expect.stringContaining('1024-65535') as string,
    });
    expect(find('turn.secret')?.fix).toContain('OFFHOOK_TURN_SECRET');
  });

  it.each([
    ['no file', () => join(folder, 'missing.json'), /cannot be read \(ENOENT\)/],
    ['no JSON', () => file('{ "turn": { "secret": "canary" '), /is not JSON/],
    ['no object', () => file('[1]'), /must hold a JSON object/],
  ])('file: %s', (_title, path, message) => {
    const [problem] = problemsOf({ file: path() });
    expect(problem?.message).toMatch(message);
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it.each([
    ['a section that is no object', { media: 5 }, 'media', 'must be an object'],
    ['a prototype', '{"__proto__": {"port": 1}}', '__proto__.port', 'is not a setting'],
    [
      'a deep unknown key',
      { auth: { jwt: { secretes: [] } } },
      'auth.jwt.secretes',
      'is not a setting',
    ],
    [
      'an origin with a path',
      { origins: ['https://a.example/x'] },
      'origins.0',
      /must be an origin/,
    ],
    [
      'a name as media address',
      { media: { publicAddress: ['https://phone.example'] } },
      'media.publicAddress.0',
      /must be an IPv4 or IPv6/,
    ],
    [
      'a range that is upside down',
      { media: { portMin: 5000, portMax: 4000 } },
      'media.portMax',
      /fewer ports/,
    ],
    [
      'a foreign bind address',
      { media: { bind: ['203.0.113.77'] } },
      'media.bind',
      /not an address of this machine/,
    ],
    ['rtpengine without nodes', { media: { plane: 'rtpengine' } }, 'media.nodes', /is missing/],
    [
      'nodes without rtpengine',
      { media: { nodes: [{ address: '10.0.0.5', port: 2223 }] } },
      'media.nodes',
      /needs media.plane rtpengine/,
    ],
    [
      'a node twice',
      {
        media: {
          plane: 'rtpengine',
          nodes: [
            { address: '10.0.0.5', port: 2223 },
            { address: '10.0.0.5', port: 2223, weight: 2 },
          ],
        },
      },
      'media.nodes',
      /one node twice/,
    ],
    [
      'a short HS256 secret',
      { auth: { jwt: { secrets: ['short'] } } },
      'auth.jwt.secrets.0',
      /32 bytes/,
    ],
    [
      'a private key as public one',
      { auth: { jwt: { publicKeys: ['-----BEGIN PRIVATE KEY-----'] } } },
      'auth.jwt.publicKeys.0',
      /PEM public key/,
    ],
    [
      'a key set whose every token would sign in, whatever it was made for',
      { auth: { jwt: { jwksUrl: 'https://id.example/jwks' } } },
      'auth.jwt.audience',
      /is missing/,
    ],
    [
      'a key set without TLS',
      { auth: { jwt: { jwksUrl: 'http://id.example/jwks' } } },
      'auth.jwt.jwksUrl',
      /https/,
    ],
    [
      'an algorithm of none',
      { auth: { jwt: { algorithms: ['none'] } } },
      'auth.jwt.algorithms.0',
      /HS256/,
    ],
    ['half of TLS', { tls: { cert: '/x.pem' } }, 'tls.key', 'is missing'],
    ['a proxy that is no address', { trustProxy: ['everyone'] }, 'trustProxy.0', /loopback/],
    ['a demo for the world', { demo: { enabled: true }, host: '0.0.0.0' }, 'host', /loopback/],
    ['null', { port: null }, 'port', 'must be a number'],
  ])('%s', (_title, content, path, message) => {
    const problems = problemsOf({ file: file(content) });
    expect(problems.map((problem) => problem.path)).toContain(path);
    const text = problems.find((problem) => problem.path === path)?.message ?? '';
    if (typeof message === 'string') {
      expect(text).toBe(message);
    } else {
      expect(text).toMatch(message);
    }
  });

  it('with a secret file that is missing names the file, not more', () => {
    const problems = problemsOf({
      environment: { OFFHOOK_METRICS_TOKEN_FILE: join(folder, 'none') },
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(/none cannot be read \(ENOENT\)/);
  });

  it('with a secret as a flag is refused: arguments can be seen by others', () => {
    expect(problemsOf({ flags: [flag('turn.secret', 'x')] })[0]?.message).toMatch(/is a secret/);
  });
});

describe('push', () => {
  it('sends what a collector of traces wants as authorization over https only', () => {
    const url = 'http://collector.internal:4318/v1/traces';
    expect(() => configFrom({ tracing: { url, authorization: 'Bearer token' } })).toThrow(
      /tracing.authorization/,
    );
    expect(configFrom({ tracing: { url } }).tracing).toMatchObject({ url, ratio: 1 });
    expect(() => configFrom({ tracing: { url: 'collector:4318' } })).toThrow(/tracing.url/);
    expect(() => configFrom({ tracing: { ratio: 1.5 } })).toThrow(/tracing.ratio/);
  });

  it('takes a subject that push services can turn to, and times that make sense', () => {
    for (const subject of ['phones@example.com', 'mailto:nobody', 'http://example.com', '']) {
      expect(() => configFrom({ push: { subject } }), subject).toThrow(/push.subject/);
    }
    expect(() => configFrom({ push: { waitSeconds: 4 } })).toThrow(/push.waitSeconds/);
    expect(() => configFrom({ push: { waitseconds: 30 } })).toThrow(/waitseconds/);
    expect(configFrom({ push: { subject: 'https://example.com' } }).push.waitSeconds).toBe(30);
  });
});

describe('the database', () => {
  it('is named without its password, which is never shown', () => {
    const url = 'postgres://offhook@db.example.com/offhook';
    const config = configFrom({ database: { url, password: 'hunter2hunter2' } });
    expect(config.database).toMatchObject({ url, pool: 4 });
    expect(JSON.stringify(redactConfig(config))).not.toContain('hunter2');
    for (const wrong of ['postgres://a:b@db/offhook', 'postgres://db', 'mysql://db/x']) {
      expect(() => configFrom({ database: { url: wrong } }), wrong).toThrow(/without a password/);
    }
    expect(() => configFrom({ database: { url, pool: 51 } })).toThrow(/database.pool/);
  });
});

describe('webhooks', () => {
  it('need a secret, and addresses that nobody on the way can read', () => {
    const url = 'https://crm.example.com/calls';
    expect(() => configFrom({ webhooks: { urls: [url] } })).toThrow(/webhooks.secret/);
    const secret = '0123456789abcdef';
    expect(configFrom({ webhooks: { urls: [url], secret } }).webhooks.urls).toEqual([url]);
    expect(() => configFrom({ webhooks: { urls: ['http://crm.example.com'], secret } })).toThrow(
      /https/,
    );
  });
});

describe('redis', () => {
  it('takes an address without a name or a password in it, which have settings of their own', () => {
    expect(configFrom({ redis: { url: 'redis://r:6379/2' } }).redis).toEqual({
      url: 'redis://r:6379/2',
      prefix: 'offhook:',
    });
    for (const url of ['http://r', 'redis://u:p@r', 'redis://:p@r', 'redis://r/x', 'r:6379']) {
      expect(() => configFrom({ redis: { url } }), url).toThrow(/redis\.url/);
    }
    expect(() => configFrom({ redis: { url: 'redis://r', prefix: 'a b' } })).toThrow(/prefix/);
    expect(() => configFrom({ redis: {} })).toThrow(/redis\.url/);
  });
});

describe('the table of settings', () => {
  it('names every leaf of the schema and nothing else', () => {
    const full = configFrom({
      publicUrl: 'https://a.example',
      tls: { cert: 'c', key: 'k' },
      web: { root: 'w' },
      media: { workers: 1, publicTcpPort: 443 },
      auth: { jwt: { jwksUrl: 'https://a.example', audience: ['offhook'] } },
      turn: { urls: ['turn:a'], secret: 's' },
      edge: { node: 'a', secret: 's'.repeat(32) },
      admin: {
        oidc: {
          issuer: 'https://a.example',
          clientId: 'c',
          clientSecret: 's',
          claim: 'groups',
          values: ['admins'],
          name: 'A',
        },
      },
      metrics: { token: '0123456789abcdef' },
      webhooks: { secret: '0123456789abcdef' },
      database: { url: 'postgres://db/offhook', password: 'p', tls: true, ca: 'c' },
      push: { subject: 'mailto:a@example.com' },
      redis: { url: 'rediss://r', username: 'u', password: 'p', ca: '/ca.pem' },
      tracing: { url: 'https://collector.example.com/v1/traces', authorization: 'Bearer token' },
      sip: { trunks: [{ name: 'a', servers: ['sip.example'] }] },
    });
    const isOne = (path: string): boolean => SETTINGS.some((setting) => setting.path === path);
    const leaves = (value: unknown, path: string): string[] =>
      !isOne(path) && typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, item]) =>
            leaves(item, path === '' ? key : `${path}.${key}`),
          )
        : [path];
    expect(leaves(full, '').sort()).toEqual(SETTINGS.map((setting) => setting.path).sort());
  });

  it('gives each its own variable', () => {
    const names = SETTINGS.map((setting) => environmentName(setting.path));
    expect(new Set(names).size).toBe(names.length);
    expect(environmentName('media.publicAddress')).toBe('OFFHOOK_MEDIA_PUBLIC_ADDRESS');
  });
});

describe('trunks', () => {
  const trunk = { name: 'net', servers: ['sip.example'], username: 'a', password: 'sesame' };

  it('are taken from a file and from the environment, and shown without their passwords', () => {
    const sip = { trunks: [trunk] };
    const environment = { OFFHOOK_SIP: JSON.stringify(sip) };
    expect(loadConfig({ environment }).sip?.trunks[0]).toMatchObject({
      ...trunk,
      transport: 'udp',
    });
    expect(loadConfig({ file: file({ sip }) }).sip?.trunks[0]?.name).toBe('net');
    expect(JSON.stringify(redactConfig(configFrom({ sip })))).not.toContain('sesame');
  });

  it('that register need credentials; two of one name, and unknown options, are refused', () => {
    const bare = { name: 'net', servers: ['sip.example'], register: true };
    expect(() => configFrom({ sip: { trunks: [bare] } })).toThrow(/needs a username/);
    expect(() => configFrom({ sip: { trunks: [trunk, trunk] } })).toThrow(/two trunks/);
    const plain = { ...trunk, ca: '/etc/ca.pem' };
    expect(() => configFrom({ sip: { trunks: [plain] } })).toThrow(/ca is for a trunk/);
    expect(() => configFrom({ sip: { trunks: [{ ...trunk, prefer: 1 }] } })).toThrow(/prefer/);
    expect(() => configFrom({ sip: { trunks: [{ ...trunk, servers: ['a b'] }] } })).toThrow(/host/);
  });
});

describe('the shown configuration', () => {
  it('holds no secret', () => {
    const config = configFrom({
      auth: { jwt: { secrets: ['canary-0123456789-0123456789-0123'] } },
      turn: { urls: ['turn:a'], secret: 'canary-turn' },
      metrics: { token: 'canary-metrics-1' },
      iceServers: [{ urls: 'turn:b', username: 'u', credential: 'canary-ice' }],
    });
    const shown = JSON.stringify(redactConfig(config));
    expect(shown).not.toContain('canary');
    expect(shown).toContain('"urls":"turn:b"');
    expect(config.turn?.secret).toBe('canary-turn');
  });
});

describe('media addresses', () => {
  it.each([
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fe80::1%eth0',
    'fd00::1',
  ])('%s cannot be reached from the internet', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['8.8.8.8', '172.32.0.1', '2001:4860:4860::8888'])('%s can', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});
