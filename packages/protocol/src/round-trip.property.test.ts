import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientParams, frameId, gatewayParams, json } from '../test/arbitraries.ts';
import {
  type ClientMethod,
  type Dialect,
  encodeError,
  encodeRequest,
  encodeResult,
  freeswitchDialect,
  type GatewayMethod,
  parseClientFrame,
  parseGatewayFrame,
  telnyxDialect,
} from './index.ts';

const id = fc.option(frameId, { nil: undefined });
const sticky = fc.option(fc.string({ minLength: 1, maxLength: 60 }), { nil: undefined });
const clientMethods = Object.keys(clientParams) as ClientMethod[];
const gatewayMethods = Object.keys(gatewayParams) as GatewayMethod[];
const runs = { numRuns: 60 };

/** What stands on the wire of a value: members that are undefined are not there. */
function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe.each([telnyxDialect, freeswitchDialect])('in the $name dialect', (dialect: Dialect) => {
  it.each(clientMethods.filter((method) => dialect.toWire.has(method)))(
    'a gateway reads the %s that a client wrote',
    (method) => {
      fc.assert(
        fc.property(id, clientParams[method], sticky, (frame, params, voiceSdkId) => {
          const text = encodeRequest(dialect, frame, method, params as never, voiceSdkId);
          const parsed = parseClientFrame(text, dialect);
          expect(parsed).toEqual({
            ok: true,
            value: { kind: 'request', id: frame, method, params: wire(params), voiceSdkId },
          });
        }),
        runs,
      );
    },
  );

  it.each(gatewayMethods.filter((method) => dialect.toWire.has(method)))(
    'a client reads the %s that a gateway wrote',
    (method) => {
      fc.assert(
        fc.property(id, gatewayParams[method], sticky, (frame, params, voiceSdkId) => {
          const text = encodeRequest(dialect, frame, method, params as never, voiceSdkId);
          const parsed = parseGatewayFrame(text, dialect);
          expect(parsed).toEqual({
            ok: true,
            value: { kind: 'request', id: frame, method, params: wire(params), voiceSdkId },
          });
        }),
        runs,
      );
    },
  );

  it.each([
    ['client', parseGatewayFrame],
    ['gateway', parseClientFrame],
  ] as const)('a %s reads results and errors back', (_reader, parse) => {
    fc.assert(
      fc.property(frameId, json, sticky, (frame, value, voiceSdkId) => {
        expect(parse(encodeResult(frame, value, voiceSdkId), dialect)).toEqual({
          ok: true,
          value: { kind: 'reply', id: frame, ok: true, result: value ?? {}, voiceSdkId },
        });
      }),
      runs,
    );
    const error = fc.record({ code: fc.integer(), message: fc.string() });
    fc.assert(
      fc.property(frameId, error, (frame, value) => {
        expect(parse(encodeError(frame, value), dialect)).toEqual({
          ok: true,
          value: { kind: 'reply', id: frame, ok: false, error: value },
        });
      }),
      runs,
    );
  });
});
