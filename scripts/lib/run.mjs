import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { at, root } from './paths.mjs';

/** A step that failed in a way its own output has already explained, or that `message` explains. */
export class StepError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'StepError';
    this.exitCode = exitCode;
  }
}

/** The environment of our children: Node 24 and the local tools come first on the path. */
export function environment(extra = {}) {
  return {
    ...process.env,
    PATH: `${at('node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
    ...extra,
  };
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ quiet?: boolean, env?: Record<string, string> }} [options] quiet: output is kept and returned, not shown
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: environment(env),
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), output }),
    );
  });
}

/**
 * Runs a command that has to succeed; shows its output only if it does not.
 * @param {string} what for the message
 * @param {string} command
 * @param {string[]} args
 */
export async function must(what, command, args) {
  const { code, output } = await run(command, args, { quiet: true });
  if (code === 0) {
    return;
  }
  process.stderr.write(output);
  throw new StepError(`${what} failed (exit code ${code}).`, code);
}

/**
 * The body of a script: a StepError becomes its message and exit code, anything else its stack.
 * @param {() => Promise<number | void>} body
 */
export function main(body) {
  body().then(
    (code) => {
      process.exitCode = code ?? 0;
    },
    (error) => {
      console.error(error instanceof StepError ? `\n${error.message}` : error);
      process.exitCode = error instanceof StepError ? error.exitCode : 1;
    },
  );
}

/** @param {number} since from Date.now() */
export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
