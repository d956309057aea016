import { mkdtempSync, rmSync } from 'node:fs';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Guard } from '../guard.ts';
import { ControlServer } from './control-server.ts';
import type { Operations } from './operations.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it('an error of the socket for commands, such as too many open files, is logged and ends nothing', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const guard = new Guard(logger, () => undefined);
  const listen = vi.spyOn(Server.prototype, 'listen');
  const control = await ControlServer.start(folder, {} as Operations, guard, logger);
  const [server] = listen.mock.contexts as unknown as Server[];
  expect(server?.emit('error', new Error('accept EMFILE'))).toBe(true);
  expect(server?.emit('error', new Error('accept EMFILE'))).toBe(true);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('The socket for commands failed');
  await control?.close();
});
