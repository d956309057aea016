import type { Party } from '../lib/party.ts';
import type { Gateway } from '../lib/gateway.ts';

/** What a scenario is played with: the SDK under test is `subject`'s; the far party is always the same. */
export interface Stage {
  readonly gateway: Gateway;
  /** Signed out. */
  readonly subject: Party;
  /** Signed in as 1002, our SDK. */
  readonly far: Party;
  /** Options that every client of the subject gets: nothing beyond this machine is asked. */
  readonly base: object;
  /** Notes what the application saw beside events. */
  observe(line: string): void;
}

export interface Scenario {
  readonly name: string;
  run(stage: Stage): Promise<void>;
}

const list: Scenario[] = [];
const scenario = (name: string, run: Scenario['run']): void => void list.push({ name, run });

const token = async (stage: Stage) => ({
  ...stage.base,
  login_token: await stage.gateway.token('1001'),
});
const signIn = async (stage: Stage, options: object = {}): Promise<void> =>
  stage.subject.signIn({ ...(await token(stage)), ...options });

/** Makes a client and connects, without waiting for `telnyx.ready`. */
const connectOnly = (stage: Stage, options: object): Promise<unknown> =>
  stage.subject.page.evaluate(
    async (given) => {
      try {
        window.driver.create(given);
        await window.driver.client.connect();
        return 'connected';
      } catch (error) {
        return String(error);
      }
    },
    { host: stage.gateway.host, remoteElement: 'remote', ...stage.base, ...options },
  );

/** Waits until the application was told of something. */
const told = (stage: Stage, event: string, code?: number): Promise<unknown> =>
  stage.subject.page.waitForFunction(
    ([name, wanted]) =>
      window.driver.log.some(
        (entry) => entry.event === name && (wanted === undefined || entry.code === wanted),
      ),
    [event, code] as const,
  );

async function outbound(stage: Stage, options: object = {}) {
  const out = await stage.subject.dial('1002', options);
  const inbound = await stage.far.incoming();
  await inbound.answer();
  await Promise.all([out.reaches('active'), inbound.reaches('active')]);
  return { out, in: inbound };
}

async function inbound(stage: Stage) {
  const out = await stage.far.dial('1001');
  const call = await stage.subject.incoming();
  return { out, in: call };
}

// --- signing in -----------------------------------------------------------------------------------------------------

scenario('sign in with a token', async (stage) => {
  await signIn(stage);
});

scenario('sign in with a name and password', async (stage) => {
  const password = stage.gateway.password('1001');
  await stage.subject.signIn({ ...stage.base, login: '1001', password });
});

scenario('sign in with a wrong password', async (stage) => {
  await connectOnly(stage, { login: '1003', password: 'wrong' });
  await told(stage, 'error', 46001);
});

scenario('sign in with a forged token', async (stage) => {
  await connectOnly(stage, { login_token: 'aaaa.bbbb.cccc' });
  await told(stage, 'error', 46001);
});

scenario('a client without credentials is refused', async (stage) => {
  stage.observe(String(await connectOnly(stage, {})));
});

scenario('sign out and in again', async (stage) => {
  await signIn(stage);
  await stage.subject.signOut();
  await signIn(stage);
});

scenario('a token is refreshed on the live socket', async (stage) => {
  await signIn(stage);
  const fresh = await stage.gateway.token('1001');
  await stage.subject.page.evaluate(
    (login_token) =>
      (window.driver.client as unknown as { login(o: object): Promise<void> }).login({
        creds: { login_token },
      }),
    fresh,
  );
});

scenario('is it registered', async (stage) => {
  await signIn(stage);
  const registered = await stage.subject.page.evaluate(() =>
    (window.driver.client as unknown as { getIsRegistered(): Promise<boolean> }).getIsRegistered(),
  );
  stage.observe(`registered ${String(registered)}`);
});

// --- outbound -------------------------------------------------------------------------------------------------------

scenario('call, talk, hang up', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await stage.subject.hears(stage.far);
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.out.ended();
});

scenario('call, and the far end hangs up', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await call.in.hangup();
  const { cause, causeCode } = await call.out.ended();
  stage.observe(`${String(cause)}/${String(causeCode)}`);
});

scenario('call with trickled candidates', async (stage) => {
  await signIn(stage, { trickleIce: true });
  const call = await outbound(stage);
  await stage.subject.hears(stage.far);
  await call.out.hangup();
  await call.out.ended();
});

scenario('the far end rejects', async (stage) => {
  await signIn(stage);
  const out = await stage.subject.dial('1002');
  await (await stage.far.incoming()).hangup();
  const { cause, causeCode } = await out.ended();
  stage.observe(`${String(cause)}/${String(causeCode)}`);
});

scenario('cancel while it rings', async (stage) => {
  await signIn(stage);
  const out = await stage.subject.dial('1002');
  const ringing = await stage.far.incoming();
  await out.reaches('trying');
  await out.hangup();
  await Promise.all([out.ended(), ringing.ended()]);
});

scenario('call a number that does not exist', async (stage) => {
  await signIn(stage);
  const { cause, causeCode } = await (await stage.subject.dial('7777')).ended();
  stage.observe(`${String(cause)}/${String(causeCode)}`);
});

scenario('call nobody: a missing destination', async (stage) => {
  await signIn(stage);
  const thrown = await stage.subject.page.evaluate(() => {
    try {
      window.driver.dial({});
      return 'nothing thrown';
    } catch (error) {
      const { name, code } = error as { name?: string; code?: number };
      return `${String(name)} ${String(code)}`;
    }
  });
  stage.observe(thrown);
});

scenario('call with headers, state and an id of the application', async (stage) => {
  await signIn(stage);
  const id = 'an-id-of-the-application';
  const call = await outbound(stage, {
    id,
    clientState: 'eyJhIjoxfQ==',
    customHeaders: [{ name: 'X-Order', value: '1' }],
  });
  stage.observe(call.out.id);
  await call.out.hangup();
  await call.out.ended();
});

scenario('early media', async (stage) => {
  await signIn(stage);
  const out = await stage.subject.dial('echo');
  await out.reaches('active');
  await stage.subject.hears(stage.subject);
  await out.hangup();
  await out.ended();
});

// --- inbound --------------------------------------------------------------------------------------------------------

scenario('is called, answers, talks, hangs up', async (stage) => {
  await signIn(stage);
  const call = await inbound(stage);
  await call.in.answer();
  await Promise.all([call.in.reaches('active'), call.out.reaches('active')]);
  await stage.subject.hears(stage.far);
  await call.in.hangup();
  await call.in.ended();
});

scenario('is called and rejects', async (stage) => {
  await signIn(stage);
  const call = await inbound(stage);
  await call.in.hangup();
  await call.in.ended();
});

scenario('is called, and the caller gives up', async (stage) => {
  await signIn(stage);
  const call = await inbound(stage);
  await call.out.hangup();
  const { cause, causeCode } = await call.in.ended();
  stage.observe(`${String(cause)}/${String(causeCode)}`);
});

scenario('is called, answers, and the caller hangs up', async (stage) => {
  await signIn(stage);
  const call = await inbound(stage);
  await call.in.answer();
  await call.out.reaches('active');
  await call.in.reaches('active');
  await call.out.hangup();
  await call.in.ended();
});

scenario('is called, with trickled candidates', async (stage) => {
  await signIn(stage, { trickleIce: true });
  const call = await inbound(stage);
  await call.in.answer();
  await call.in.reaches('active');
  await stage.far.hears(stage.subject);
  await call.in.hangup();
  await call.in.ended();
});

scenario('answers twice', async (stage) => {
  await signIn(stage);
  const call = await inbound(stage);
  await Promise.all([call.in.answer(), call.in.answer()]);
  await call.in.reaches('active');
  await call.in.hangup();
  await call.in.ended();
});

// --- in a call ------------------------------------------------------------------------------------------------------

scenario('hold and resume', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  stage.observe(`hold ${String(await call.out.invoke('hold'))}`);
  await call.out.reaches('held');
  await stage.subject.hearsSilence();
  stage.observe(`unhold ${String(await call.out.invoke('unhold'))}`);
  await call.out.reaches('active');
  await stage.subject.hears(stage.far);
  await call.out.hangup();
  await call.out.ended();
});

scenario('toggle hold', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  stage.observe(String(await call.out.invoke('toggleHold')));
  await call.out.reaches('held');
  stage.observe(String(await call.out.invoke('toggleHold')));
  await call.out.reaches('active');
  await call.out.hangup();
  await call.out.ended();
});

scenario('mute and unmute', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await call.out.invoke('muteAudio');
  stage.observe(`muted ${String((await call.out.record()).muted)}`);
  await stage.far.hearsSilence();
  await call.out.invoke('toggleAudioMute');
  stage.observe(`muted ${String((await call.out.record()).muted)}`);
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.out.ended();
});

scenario('starts muted', async (stage) => {
  await signIn(stage, { mutedMicOnStart: true });
  const call = await outbound(stage);
  stage.observe(`muted ${String((await call.out.record()).muted)}`);
  await stage.far.hearsSilence();
  await call.out.invoke('unmuteAudio');
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.out.ended();
});

scenario('send digits', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await call.out.invoke('dtmf', '12#');
  await stage.far.page.waitForTimeout(300);
  stage.observe(`digits ${stage.far.frames.digits}`);
  await call.out.hangup();
  await call.out.ended();
});

scenario('receive digits', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await call.in.invoke('dtmf', '7');
  await told(stage, 'event');
  await call.out.hangup();
  await call.out.ended();
});

scenario('two calls at once', async (stage) => {
  await signIn(stage);
  const first = await outbound(stage);
  await first.out.invoke('hold');
  await first.out.reaches('held');
  const second = await stage.subject.dial('echo');
  await second.reaches('active');
  await second.hangup();
  await second.ended();
  await first.out.invoke('unhold');
  await first.out.reaches('active');
  await first.out.hangup();
  await first.out.ended();
});

scenario('change the microphone', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  const device = await stage.subject.page.evaluate(async () => {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.find(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default')
      ?.deviceId;
  });
  await call.out.invoke('setAudioInDevice', device);
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.out.ended();
});

scenario('disconnect in a call', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await stage.subject.signOut();
  await call.in.ended();
});

scenario('disconnect while it rings', async (stage) => {
  await signIn(stage);
  const call = await inbound(stage);
  await stage.subject.signOut();
  await call.out.ended();
});

// --- what a call survives -------------------------------------------------------------------------------------------

/** The socket goes under a call, and the client is back. */
async function loseSocket(stage: Stage): Promise<void> {
  await stage.subject.page.evaluate(() => {
    (window.driver.client as unknown as { socketDisconnect(): void }).socketDisconnect();
  });
  await stage.subject.page.waitForFunction(
    () => window.driver.log.filter(({ event }) => event === 'ready').length === 2,
    undefined,
    { timeout: 20_000 },
  );
}

scenario('lose the socket in no call', async (stage) => {
  await signIn(stage);
  await loseSocket(stage);
});

scenario('lose the socket in a call', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await loseSocket(stage);
  await call.out.reaches('active');
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.in.ended();
});

scenario('lose the socket in a call that is kept alive', async (stage) => {
  await signIn(stage, { keepConnectionAliveOnSocketClose: true });
  const call = await outbound(stage);
  await loseSocket(stage);
  await call.out.reaches('active');
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.in.ended();
});

scenario('lose the socket, and the far end hangs up meanwhile', async (stage) => {
  await signIn(stage);
  const call = await outbound(stage);
  await stage.subject.page.evaluate(() => {
    (window.driver.client as unknown as { socketDisconnect(): void }).socketDisconnect();
  });
  await call.in.hangup();
  await call.out.ended(20_000);
});

scenario('reload the page in a call', async (stage) => {
  await signIn(stage, { hangupOnBeforeUnload: false });
  const call = await outbound(stage);
  await stage.subject.page.reload();
  await signIn(stage, { hangupOnBeforeUnload: false });
  await call.out.reaches('active');
  await stage.far.hears(stage.subject);
  await call.out.hangup();
  await call.in.ended();
});

export const scenarios: readonly Scenario[] = list;
