import { userInfo } from 'node:os';

/** Who asked for something that only operators may do. */
export interface Operator {
  /** An administrator's name, the name and prefix of a program's key, or the user of the machine. */
  readonly user: string;
  readonly by: 'page' | 'key' | 'command';
  /** Whence; absent for commands, which are given on the machine. */
  readonly address?: string;
}

/** The user of the machine; a number where it has no name. */
export function machineUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
