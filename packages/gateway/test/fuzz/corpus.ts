import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..', '..');

/** What is kept in the repository: what real stacks send, and what once broke something. */
export const COMMITTED = join(here, 'corpus');
/** What earlier runs on this machine found; goes away with node_modules. */
export const FOUND = join(root, 'node_modules', '.cache', 'offhook', 'fuzz');
/** Inputs that broke a promise. */
export const FINDINGS = join(root, 'test-results', 'fuzz');

export interface CorpusFile {
  readonly name: string;
  readonly input: Buffer;
}

export function readCorpus(folder: string, target: string): CorpusFile[] {
  const path = join(folder, target);
  if (!existsSync(path)) {
    return [];
  }
  return readdirSync(path)
    .sort()
    .map((name) => ({ name, input: readFileSync(join(path, name)) }));
}

/** @returns the path */
export function keep(folder: string, target: string, input: Buffer, prefix = ''): string {
  const path = join(folder, target);
  mkdirSync(path, { recursive: true });
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const file = join(path, `${prefix}${digest}`);
  writeFileSync(file, input);
  return file;
}
