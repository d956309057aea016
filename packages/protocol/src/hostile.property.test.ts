import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** They take a few seconds on a free machine; the limit is for a busy one. */
const TIMEOUT = { timeout: 120_000 };

describe(`${FRAMES} damaged frames (seed ${SEED})`, TIMEOUT, () => {
  // Every second frame is no JSON, and the test runner's long stack traces would take a third of the time.
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 5;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('never make a gateway or a client throw, and each gets a frame or a named error', () => {
    const mutator = new Mutator(SEED, corpus());
    const readers = [
      { parse: parseClientFrame, outcomes: new Map<string, number>() },
      { parse: parseGatewayFrame, outcomes: new Map<string, number>() },
    ];
    for (let i = 0; i < FRAMES; i++) {
      const text = mutator.next();
      const dialect = i % 4 === 0 ? freeswitchDialect : telnyxDialect;
      const method = clientMethods[i % clientMethods.length] ?? 'login';
      for (const { parse, outcomes } of readers) {
        const outcome = named(`frame ${i}`, text, () => {
          const parsed = parse(text, dialect);
          if (parsed.ok && parsed.value.kind === 'reply' && parsed.value.ok) {
            parseResult(method, parsed.value.result);
          }
          return parsed.ok ? parsed.value.kind : parsed.error.code;
        });
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
    // The damage is of the right strength: it reaches past the JSON parser, and it reaches everything.
    for (const { outcomes } of readers) {
      for (const kind of [
        'request',
        'reply',
        'unknown',
        'not_json',
        'bad_params',
        'bad_envelope',
      ]) {
        expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(100);
      }
      for (const kind of ['speedtest', 'too_deep', 'not_object']) {
        expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(0);
      }
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
    let taken = 0;
    for (let i = 0; i < FRAMES / 10; i++) {
      const text = mutator.next();
      const body = parsedOrText(text);
      if (named(`body ${i}`, text, () => parseCallReport(body)).ok) {
        taken++;
      }
    }
    expect(taken).toBeGreaterThan(100);
    expect(taken).toBeLessThan(FRAMES / 10);
  });
});

/** What is thrown says how to get it again. */
function named<T>(what: string, text: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`seed ${SEED}, ${what}: ${JSON.stringify(text)}`, { cause: error });
  }
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

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
        if (!parsed.ok) {
          expect(JSON.stringify(parsed.error)).not.toContain(secret);
        }
      }),
    );
    const broken = parseClientFrame(`{"params":{"passwd":"${secret}"`, telnyxDialect);
    expect(JSON.stringify(broken)).not.toContain(secret);
  });
});
