/** What one look at the machine or the configuration found. */
export interface Finding {
  readonly level: 'OK' | 'WARN' | 'FAIL';
  /** A short name of what was looked at. */
  readonly subject: string;
  readonly message: string;
  /** What to do; present for WARN and FAIL. */
  readonly fix?: string;
}

export const ok = (subject: string, message: string): Finding => ({
  level: 'OK',
  subject,
  message,
});

export const warn = (subject: string, message: string, fix: string): Finding => ({
  level: 'WARN',
  subject,
  message,
  fix,
});

export const fail = (subject: string, message: string, fix: string): Finding => ({
  level: 'FAIL',
  subject,
  message,
  fix,
});

/** What went wrong, for a line of text: the system's code where there is one. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error instanceof Error ? error.message : String(error));
}
