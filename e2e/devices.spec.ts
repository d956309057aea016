import { Baresip } from './lib/baresip.ts';
import { makeCertificate } from './lib/certificate.ts';
import { asUser, credentials, openOffice, test, type Office } from './lib/office-test.ts';
import { expect, phoneHears } from './lib/sip-test.ts';

const DESK_HZ = 1250;
const DECT_HZ = 1700;

function phoneOf(
  office: Office,
  login: string,
  voice: number,
  more: {
    answers?: boolean;
    transport?: 'udp' | 'tcp' | 'tls';
    srtp?: boolean;
    password?: string;
  } = {},
): Promise<Baresip> {
  const { user, ...own } = credentials(office, login);
  const { password = own.password, transport = 'udp', answers = true, srtp = false } = more;
  const refused = more.password !== undefined;
  const port = transport === 'tls' ? office.tlsPort : own.port;
  const registrar = { ...own, port, password, transport, refused };
  return Baresip.start({ user, registrar, voice, answers, srtp });
}

test('two phones call each other: audio both ways, by UDP and by TCP; signed out, one is away', async ({
  office,
}) => {
  const desk = await phoneOf(office, '1001~desk', DESK_HZ);
  const other = await phoneOf(office, '1002~desk', DECT_HZ, { transport: 'tcp' });
  expect(await office.gateway.metric('offhook_sip_registrations')).toBe(2);
  await desk.dial('1002');
  await desk.told('CALL_ESTABLISHED');
  await Promise.all([phoneHears(desk, DECT_HZ), phoneHears(other, DESK_HZ)]);
  await other.command('hangup');
  await desk.told('CALL_CLOSED');
  await other.stop();
  await expect.poll(() => office.gateway.metric('offhook_sip_registrations')).toBe(1);
  const since = desk.events.length;
  await desk.dial('1002');
  expect((await desk.told('CALL_CLOSED', since)).param).toContain('480');
  await desk.stop();
  await expect.poll(() => office.gateway.metric('offhook_sip_registrations')).toBe(0);
});

test('a wrong password is refused', async ({ office }) => {
  const phone = await phoneOf(office, '1001~desk', DESK_HZ, { password: 'wrong' });
  expect(phone.log.join('\n')).toContain('403 Forbidden');
  expect(await office.gateway.metric('offhook_sip_registrations')).toBe(0);
  await phone.stop();
});

test('a phone that takes encrypted audio alone, by TLS, talks both ways with one that knows none, whoever calls', async () => {
  const certificate = makeCertificate('pbx.example');
  const office = await openOffice({}, certificate);
  const secret = await phoneOf(office, '1001~desk', DESK_HZ, { transport: 'tls', srtp: true });
  const plain = await phoneOf(office, '1002~desk', DECT_HZ);
  for (const [caller, callee, number] of [
    [secret, plain, '1002'],
    [plain, secret, '1001'],
  ] as const) {
    const since = [caller.events.length, callee.events.length] as const;
    await caller.dial(number);
    await caller.told('CALL_ESTABLISHED', since[0]);
    await Promise.all([phoneHears(secret, DECT_HZ), phoneHears(plain, DESK_HZ)]);
    await caller.command('hangup');
    await callee.told('CALL_CLOSED', since[1]);
  }
  await Promise.all([secret.stop(), plain.stop()]);
  await office.close();
  certificate.remove();
});

test('a call rings a page and two phones; who answers is heard, the others hear why', async ({
  office,
  party,
}) => {
  const ann = await party('1001', asUser(office, '1001'));
  const bob = await party('1002', asUser(office, '1002'));
  const desk = await phoneOf(office, '1001~desk', DESK_HZ, { answers: false });
  const dect = await phoneOf(office, '1001~dect', DECT_HZ, { answers: false });
  const call = await bob.dial('1001');
  const rings = await ann.incoming();
  await Promise.all([desk.told('CALL_INCOMING'), dect.told('CALL_INCOMING')]);
  await desk.command('accept');
  await call.reaches('active');
  await Promise.all([bob.hears(DESK_HZ), phoneHears(desk, bob.frequency)]);
  expect(await rings.ended()).toMatchObject({ cause: 'LOSE_RACE' });
  await dect.told('CALL_CLOSED');
  await call.hangup();
  await desk.told('CALL_CLOSED');
  await Promise.all([desk.stop(), dect.stop()]);
});
