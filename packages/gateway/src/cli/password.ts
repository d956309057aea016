import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { passwordProblem, randomPassword } from '../auth/passwords.ts';
import { CliError } from './errors.ts';

/**
 * Asks for a password twice without showing it, or reads the first line of standard input when that is no terminal. Never
 * an argument: those can be seen by every user of the machine and stay in the shell's history.
 */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice() : await readLine();
  const problem = passwordProblem(password);
  if (problem !== null) {
    throw new CliError(problem);
  }
  return password;
}

/** One that is made here, or {@link readPassword}. */
export async function choosePassword(generate: boolean): Promise<string> {
  return generate ? randomPassword() : readPassword();
}

async function askTwice(): Promise<string> {
  const first = await ask('Password: ');
  const second = await ask('Again: ');
  if (first !== second) {
    throw new CliError('The two passwords differ');
  }
  return first;
}

async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  // Readline echoes to its output; an output that drops everything hides what is typed.
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise<string>((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('SIGINT', () => {
      reject(new CliError('Given up', 130));
      lines.close();
    });
    lines.once('close', () => {
      process.stderr.write('\n');
      reject(new CliError('No password was given'));
    });
  });
}

async function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) {
      return line;
    }
  } finally {
    lines.close();
  }
  throw new CliError('No password was given: type it, or send it on standard input');
}
