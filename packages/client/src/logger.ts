import type { Platform } from './platform.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/**
 * What `client.__logger` is. `debug` and `trace` are quiet until `setLevel`. One line a change of life cycle at `info`, no
 * credentials and no SDP at any level.
 */
export interface Logger {
  trace(...args: readonly unknown[]): void;
  debug(...args: readonly unknown[]): void;
  log(...args: readonly unknown[]): void;
  info(...args: readonly unknown[]): void;
  warn(...args: readonly unknown[]): void;
  error(...args: readonly unknown[]): void;
  /** A name in any case, or 0 (trace) to 5 (silent). */
  setLevel(level: LogLevel | Uppercase<LogLevel> | number): void;
  /** 0 to 5. */
  getLevel(): number;
  enableAll(): void;
  disableAll(): void;
  readonly levels: Readonly<Record<Uppercase<LogLevel>, number>>;
}

export type LineLevel = 'debug' | 'info' | 'warn' | 'error';

/** `sink` hears of every line, also of those that are too low for the console. */
export function createLogger(
  platform: Platform,
  initial: LogLevel,
  sink?: (level: LineLevel, args: readonly unknown[]) => void,
): Logger {
  let threshold = LEVELS.indexOf(initial);
  const write =
    (level: LineLevel, rank: number) =>
    (...args: readonly unknown[]): void => {
      sink?.(level, args);
      if (rank >= threshold) {
        platform.console[level]('[offhook]', ...args);
      }
    };
  const debug = write('debug', 1);
  return {
    trace: write('debug', 0),
    debug,
    log: debug,
    info: write('info', 2),
    warn: write('warn', 3),
    error: write('error', 4),
    setLevel(level) {
      const rank =
        typeof level === 'number' ? level : LEVELS.indexOf(level.toLowerCase() as LogLevel);
      if (rank >= 0 && rank < LEVELS.length) {
        threshold = rank;
      }
    },
    getLevel: () => threshold,
    enableAll() {
      threshold = 0;
    },
    disableAll() {
      threshold = 5;
    },
    levels: { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, SILENT: 5 },
  };
}
