import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { REDACTED, SECRET_KEYS, describeError, hideTokens, redact } from './redact.ts';

export type { Logger } from 'pino';

/**
 * One JSON object a line. Logs go to standard error, so that standard output stays free for what a command answers.
 * Redaction works on keys at any depth, and on JWTs wherever they stand, so that a careless call cannot leak a secret.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      formatters: {
        level: (label) => ({ level: label }),
        log: (object) => redact(object) as Record<string, unknown>,
      },
      serializers: {
        // The bindings of a child logger pass no formatter, but they pass these.
        ...Object.fromEntries(SECRET_KEYS.map((key) => [key, () => REDACTED])),
        error: (value: unknown) => (value instanceof Error ? describeError(value) : value),
      },
      hooks: { streamWrite: hideTokens },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  );
}

/** Writes nothing; for tests and for embedding. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
