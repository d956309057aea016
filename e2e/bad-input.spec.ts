import type { CallView, Party } from './lib/party.ts';
import { RawSocket } from './lib/raw-socket.ts';
import { expect, test } from './lib/test.ts';

/** Two people talk; somebody else does what he should not. They go on talking, and nobody else's calls change. */
let ann: Party;
let bob: Party;
let call: CallView;

test.beforeEach(async ({ party }) => {
  [ann, bob] = [await party('1001'), await party('1002')];
  call = await ann.dial('1002');
  await (await bob.incoming()).answer();
  await call.reaches('active');
  await bob.hears(ann);
});

test.afterEach(async () => {
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  expect((await call.record()).state).toBe('active');
});

const login = async (socket: RawSocket, token: string) => {
  const reply = await socket.ask('login', {
    login_token: token,
    userVariables: {},
    loginParams: {},
  });
  expect(reply['result']).toBeTruthy();
};

test('a stranger who sends no login gets nothing, and is let go', async ({ gateway }) => {
  const socket = await RawSocket.open(gateway.host);
  const reply = await socket.ask('telnyx_rtc.bye', {
    cause: 'NORMAL_CLEARING',
    dialogParams: { callID: call.id },
  });
  expect(reply['error']).toBeTruthy();
  const { code } = await socket.closed;
  expect(code).toBe(1008);
});

test('a wrong password is refused by name', async ({ gateway }) => {
  const socket = await RawSocket.open(gateway.host);
  const reply = await socket.ask('login', { login: '1003', passwd: 'not it', loginParams: {} });
  expect(reply['error']).toMatchObject({ message: expect.any(String) });
  expect((reply['error'] as { code: number }).code).not.toBe(-32000);
  socket.close();
});

test('frames that are no JSON, no object, too deep or unknown are answered by name', async ({
  gateway,
}) => {
  const socket = await RawSocket.open(gateway.host);
  await login(socket, await gateway.token('1003'));
  socket.send('{"jsonrpc":');
  expect(await socket.until((frame) => 'error' in frame)).toMatchObject({
    error: { code: -32700 },
  });
  socket.send('[1,2,3]');
  await socket.until((frame) => (frame['error'] as { code?: number } | undefined)?.code === -32600);
  socket.send(`{"jsonrpc":"2.0","id":"deep","method":"login","params":${'['.repeat(5000)}`);
  expect(await socket.ask('telnyx_rtc.nonsense', {})).toMatchObject({ error: { code: -32601 } });
  socket.close();
});

test('a frame beyond the limit closes the socket that sent it', async ({ gateway }) => {
  const socket = await RawSocket.open(gateway.host);
  await login(socket, await gateway.token('1003'));
  socket.send(
    JSON.stringify({ jsonrpc: '2.0', id: 'big', method: 'login', params: 'x'.repeat(600_000) }),
  );
  expect((await socket.closed).code).toBe(1009);
});

test('a flood closes the socket that sent it', async ({ gateway }) => {
  const socket = await RawSocket.open(gateway.host);
  await login(socket, await gateway.token('1003'));
  for (let index = 0; index < 3000; index += 1) {
    socket.send(
      `{"jsonrpc":"2.0","id":"f${String(index)}","method":"telnyx_rtc.ping","params":{}}`,
    );
  }
  const { code, reason } = await socket.closed;
  expect(code).toBe(1008);
  expect(reason).toMatch(/.+/);
});

test('another user’s bye, hold and digits for this call change nothing', async ({ gateway }) => {
  const socket = await RawSocket.open(gateway.host);
  await login(socket, await gateway.token('1003'));
  const dialogParams = { callID: call.id };
  await socket.ask('telnyx_rtc.bye', { cause: 'NORMAL_CLEARING', causeCode: 16, dialogParams });
  await socket.ask('telnyx_rtc.modify', { action: 'hold', dialogParams });
  await socket.ask('telnyx_rtc.info', { dtmf: '9', dialogParams });
  expect(bob.frames.digits).toBe('');
  expect((await call.record()).states).toEqual(['new', 'requesting', 'trying', 'active']);
  socket.close();
});

test('an invite whose SDP is none fails with a cause, and only it', async ({ gateway }) => {
  const socket = await RawSocket.open(gateway.host);
  await login(socket, await gateway.token('1003'));
  const callID = 'not-an-sdp-1';
  const reply = await socket.ask('telnyx_rtc.invite', {
    sdp: 'hello, this is no session description',
    dialogParams: { callID, destination_number: 'echo', remote_caller_id_name: 'x' },
  });
  if (!('error' in reply)) {
    const bye = await socket.until((frame) => frame['method'] === 'telnyx_rtc.bye');
    expect(bye['params']).toMatchObject({ callID, cause: expect.any(String) });
  }
  socket.close();
});
