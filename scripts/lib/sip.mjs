import { ensureDebian } from './debian.mjs';

/** sipp plays the network's end of calls in tests. A program of its own; nothing of it is part of this project. */
export async function ensureSip() {
  await ensureDebian('sip-tester', '/usr/bin/sipp');
}
