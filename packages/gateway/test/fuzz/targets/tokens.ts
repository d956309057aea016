import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { randomLocalKey } from '../../../src/auth/local-key.ts';
import { TokenVerifier } from '../../../src/auth/tokens.ts';
import { configFrom } from '../../../src/config.ts';
import { route } from '../../../src/edge/route.ts';
import { stickyNode, stickySigner } from '../../../src/edge/sticky.ts';
import { ReportKeys } from '../../../src/reports/keys.ts';
import { jsonMutations } from '../mutate/json.ts';
import type { FuzzTarget } from '../target.ts';

const SECRET = 'a shared secret of 32 bytes or more';
const NOW = Date.parse('2026-06-01T12:00:00Z');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const local = randomLocalKey();
const { jwt } = configFrom({
  auth: { jwt: { secrets: [SECRET], publicKeys: [pem(ec.publicKey), pem(ed.publicKey)] } },
}).auth;

const WORDS = [
  'header',
  'payload',
  'signer',
  'alg',
  'HS256',
  'ES256',
  'EdDSA',
  'none',
  'RS256',
  'kid',
  local.kid,
  'crit',
  'b64',
  'exp',
  'nbf',
  'iat',
  'sub',
  'iss',
  'aud',
  'name',
  'typ',
  'JWT',
  'jwk',
  'jku',
  'x5c',
  'offhook',
  'text',
  'hmac',
  'local',
  'ec',
  'ed',
];

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** Signs what it is told to with the key that `signer` names, so that what is behind the signature is reached, too. */
function compact(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const { header, payload, signer, text } = value as Record<string, unknown>;
  if (typeof text === 'string') {
    return text;
  }
  const head = base64url(typeof header === 'string' ? header : (JSON.stringify(header) ?? ''));
  const claims = base64url(typeof payload === 'string' ? payload : (JSON.stringify(payload) ?? ''));
  const body = Buffer.from(`${head}.${claims}`);
  let signature: Buffer;
  switch (signer) {
    case 'ec':
      signature = sign('sha256', body, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
      break;
    case 'ed':
      signature = sign(null, body, ed.privateKey);
      break;
    case 'local':
      signature = createHmac('sha256', local.key).update(body).digest();
      break;
    default:
      signature = createHmac('sha256', SECRET).update(body).digest();
  }
  return `${head}.${claims}.${signature.toString('base64url')}`;
}

const claims = { sub: '1001', exp: NOW / 1000 + 600, name: 'Alice' };
const tokenOf = (alg: string, signer: string, kid?: string): Buffer =>
  Buffer.from(JSON.stringify({ header: { alg, kid }, payload: claims, signer }));

/** JSON is signed first; anything else is the token itself. */
export const token: FuzzTarget = {
  name: 'token',
  maxLength: 16_384,
  mutations: jsonMutations(WORDS),
  dictionary: [...WORDS, '.', '..', 'eyJ', '='],
  seeds: () => [
    tokenOf('HS256', 'hmac'),
    tokenOf('HS256', 'local', local.kid),
    tokenOf('ES256', 'ec'),
    tokenOf('EdDSA', 'ed'),
    Buffer.from(compact({ header: { alg: 'HS256' }, payload: claims })),
    Buffer.from('eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'),
  ],
  run: (input) => {
    // A verifier of its own each time: one that is known already would be answered from memory.
    const verifier = new TokenVerifier(jwt, local, () => NOW);
    const text = input.toString('utf8');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = { text };
    }
    return verifier.verify(compact(value));
  },
  isExpected: () => false,
  // The signing is the test's own part of it.
  budget: { cpuRatio: 60, floor: 65_536, heapBase: 262_144, heapPerByte: 16 },
};

const signer = stickySigner('node-1', SECRET);
const keys = new ReportKeys(Buffer.from(SECRET));
const table = {
  defaultPool: ['node-1', 'node-2'],
  canaryPool: ['canary'],
  regions: new Map([['eu', ['node-3']]]),
  steerable: new Map([['192.0.2.1:443', 'node-2']]),
};

/** What an edge and the intake of reports read of a URL or a header: tickets, keys of reports, and where to. */
export const ticket: FuzzTarget = {
  name: 'ticket',
  maxLength: 8_192,
  mutations: [],
  dictionary: [
    'region=',
    'canary=true',
    'rtc_ip=192.0.2.1',
    '&rtc_port=443',
    '&',
    '=',
    '%',
    'eu',
    '.',
    'skip_last_voice_sdk_id=true',
  ],
  seeds: () => [
    Buffer.from(signer.issue()),
    Buffer.from(keys.issue('session', 'user', NOW)),
    Buffer.from('region=eu&canary=true&skip_last_voice_sdk_id=true'),
    Buffer.from('rtc_ip=192.0.2.1&rtc_port=443'),
  ],
  run: (input) => {
    const text = input.toString('latin1');
    const node = stickyNode(text, SECRET);
    const query = new URLSearchParams(text);
    const state = () => ({ up: true, draining: false, connections: 0 });
    const where = route(table, { query, host: text.slice(0, 64), stickyNode: node }, state);
    return [node, keys.verify(text), where];
  },
  isExpected: () => false,
  budget: { cpuRatio: 120, floor: 4_096, heapBase: 65_536, heapPerByte: 16 },
};
