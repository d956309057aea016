import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientParams, gatewayParams } from '../test/arbitraries.ts';
import { Mutator } from '../test/mutator.ts';
import {
  type ClientMethod,
  encodeDebugFrame,
  encodeError,
  encodeRequest,
  encodeResult,
  freeswitchDialect,
  parseCallReport,
  parseClientFrame,
  parseGatewayFrame,
  parseResult,
  telnyxDialect,
} from './index.ts';

const FRAMES = 100_000;
/** Fixed, so that a failure comes back; another one by OFFHOOK_FUZZ_SEED. */
const SEED = Number(process.env.OFFHOOK_FUZZ_SEED ?? 20_261_123);

const clientMethods = Object.keys(clientParams) as ClientMethod[];

function corpus(): string[] {
  const everyParams = [...Object.entries(clientParams), ...Object.entries(gatewayParams)];
  const requests = everyParams.flatMap(([method, params]) =>
    fc
      .sample<unknown>(params as fc.Arbitrary<unknown>, { numRuns: 6, seed: SEED })
      .map((p, i) => encodeRequest(telnyxDialect, i, method as never, p as never, 'v')),
  );
  const debug = { debug_report_id: 'd', debug_report_version: 1, call_id: 'c' };
  return [
    ...requests,
    ...requests.slice(0, 40).map((text) => text.replace('telnyx_rtc.', 'verto.')),
    encodeResult(1, { params: { state: 'REGED' } }),
    encodeResult('u', { result: { code: '200', result: { sessid: 's' } } }),
    encodeError(null, { code: -32700, message: 'm', data: [] }),
    encodeDebugFrame({ id: 1, type: 'debug_report_start', ...debug }),
    encodeDebugFrame({ id: 2, type: 'debug_report_data', ...debug, debug_report_data: { a: [1] } }),
    '[]',
    '[1,{"id":1}]',
    '#SPU 10240',
    `#SPB ${'.'.repeat(40)}`,
    '{"jsonrpc":"2.0","id":null,"error":{}}',
    '{"__proto__":{"polluted":true},"id":1,"method":"telnyx_rtc.ping","params":{}}',
  ];
}

/** They take 2 s on a free machine; the limit is for a busy one. */
const TIMEOUT = { timeout: 30_000 };

describe(`${FRAMES} damaged frames (seed ${SEED})`, TIMEOUT, () => {
  it.each([
    ['gateway', parseClientFrame],
    ['client', parseGatewayFrame],
  ] as const)('never make a %s throw, and each gets a frame or a named error', (_reader, parse) => {
    const mutator = new Mutator(SEED, corpus());
    const outcomes = new Map<string, number>();
    for (let i = 0; i < FRAMES; i++) {
      const text = mutator.next();
      const dialect = i % 4 === 0 ? freeswitchDialect : telnyxDialect;
      let outcome: string;
      try {
        const parsed = parse(text, dialect);
        outcome = parsed.ok ? parsed.value.kind : parsed.error.code;
        const method = clientMethods[i % clientMethods.length] ?? 'login';
        if (parsed.ok && parsed.value.kind === 'reply' && parsed.value.ok) {
          parseResult(method, parsed.value.result);
        }
      } catch (error) {
        throw new Error(`seed ${SEED}, frame ${i}: ${JSON.stringify(text)}`, { cause: error });
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
    // The damage is of the right strength: it reaches past the JSON parser, and it reaches everything.
    for (const kind of ['request', 'reply', 'unknown', 'not_json', 'bad_params', 'bad_envelope']) {
      expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(100);
    }
    for (const kind of ['speedtest', 'too_deep', 'not_object']) {
      expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(0);
    }
  });

  it('never make the reader of reports throw', () => {
    const report = JSON.stringify({
      summary: { callId: 'c', clientSummary: { media: { iceServers: [{ urls: 'stun:x' }] } } },
      stats: [{ intervalStartUtc: 'a', intervalEndUtc: 'b', audio: { inbound: { codec: {} } } }],
      logs: [{ timestamp: 't', level: 'info', message: 'm', context: {} }],
      flushReason: { type: 'manual', socketClose: { code: 1006 } },
    });
    const mutator = new Mutator(SEED, [report]);
    for (let i = 0; i < FRAMES / 10; i++) {
      const text = mutator.next();
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        body = text;
      }
      expect(() => parseCallReport(body), `seed ${SEED}, body ${i}: ${text}`).not.toThrow();
    }
  });
});

describe('what a reader says of a frame that it refuses', () => {
  it('never holds a value of it: they may be passwords', () => {
    const secret = 'hunter2-hunter2';
    const wrong = fc.constantFrom(
      [secret],
      { [secret.toUpperCase()]: secret },
      { value: secret },
      `${secret}\n`.repeat(2000),
    );
    const field = fc.constantFrom('login', 'passwd', 'login_token', 'sessid', 'userVariables');
    fc.assert(
      fc.property(field, wrong, (name, value) => {
        const parsed = parseClientFrame(
          JSON.stringify({ id: 1, method: 'login', params: { [name]: value } }),
          telnyxDialect,
        );
        if (!parsed.ok) expect(JSON.stringify(parsed.error)).not.toContain(secret);
      }),
    );
    const broken = parseClientFrame(`{"params":{"passwd":"${secret}"`, telnyxDialect);
    expect(JSON.stringify(broken)).not.toContain(secret);
  });
});
