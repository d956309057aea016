import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { SipSetting } from './testing/setting.ts';

const SIPP = '/usr/bin/sipp';
const scenarios = fileURLToPath(new URL('../../../../e2e/sip/scenarios', import.meta.url));
const run = promisify(execFile);

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** sipp plays the trunk's other end, until the test is over. */
async function trunk(scenario: string, status = '486'): Promise<string> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'offhook-sipp-'));
  const file = join(folder, scenario);
  const text = readFileSync(join(scenarios, scenario), 'utf8');
  writeFileSync(file, text.replace('SIP/2.0 486', `SIP/2.0 ${status}`));
  const child: ChildProcess = spawn(
    SIPP,
    ['-sf', file, '-i', '127.0.0.1', '-p', String(port), '-nostdin'],
    { stdio: 'ignore', cwd: folder },
  );
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true });
  });
  return `127.0.0.1:${String(port)}`;
}

// `npm test` installs it; a single run of Vitest on a machine without it has nobody to play the other end.
describe.skipIf(!existsSync(SIPP))('with sipp as the network', () => {
  it.each([
    ['486', 'USER_BUSY', 17],
    ['404', 'UNALLOCATED_NUMBER', 1],
    ['480', 'NO_USER_RESPONSE', 18],
    ['488', 'INCOMPATIBLE_DESTINATION', 88],
    ['603', 'CALL_REJECTED', 21],
  ])('a refusal with %s is %s', async (status, cause, causeCode) => {
    const server = await trunk('refuse.xml', status);
    const { fixture } = await (await SipSetting.start({ servers: [server] })).up();
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    const { params } = await ann.next('bye');
    expect(params).toMatchObject({ cause, causeCode, sipCode: Number(status) });
  });

  it('a call rings, has early media, is answered and hung up', async () => {
    const server = await trunk('answer.xml');
    const { fixture } = await (await SipSetting.start({ servers: [server] })).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    await ann.next('ringing');
    await ann.next('media');
    await ann.next('answer');
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    await expect.poll(() => fixture.server.stats().calls).toBe(0);
  });

  it('a call that rings is cancelled', async () => {
    const server = await trunk('cancelled.xml');
    const { fixture } = await (await SipSetting.start({ servers: [server] })).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    await ann.next('ringing');
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    await expect.poll(() => fixture.server.stats().calls).toBe(0);
  });

  it('a call from it is answered, and hung up by it', async () => {
    const { fixture, sip } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const port = await freePort();
    const caller = run(
      SIPP,
      [
        '-sn',
        'uac',
        `127.0.0.1:${String(sip.port)}`,
        '-s',
        '+4930100',
        '-m',
        '1',
        '-i',
        '127.0.0.1',
      ].concat(['-p', String(port), '-nostdin', '-timeout', '30', '-d', '200']),
      { cwd: tmpdir() },
    );
    await answerNext(ann);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'NORMAL_CLEARING' });
    // It ends with an error unless each message was what it expects.
    await expect(caller).resolves.toBeDefined();
  });
});
