import { describe, expect, it } from 'vitest';
import { open, start, useFreshFolder } from './testing/harness.ts';

useFreshFolder();

describe('a socket', () => {
  it.each(['/', '/ws', '/any/path?voice_sdk_id=x&unknown=1'])('is accepted on %s', async (path) => {
    const { base, contexts } = await start();
    expect(await open(base, { path, headers: { 'user-agent': 'test' } })).toMatchObject({
      open: true,
    });
    expect(contexts[0]).toMatchObject({ address: '127.0.0.1', userAgent: 'test', host: base });
    expect(contexts[0]?.query.get('voice_sdk_id')).toBe(path.includes('?') ? 'x' : null);
  });

  it('gets no compression', async () => {
    const { base } = await start();
    const outcome = await open(base);
    expect(outcome.open && outcome.socket.extensions).toBe('');
  });

  it('that sends a frame above the limit is closed with 1009, and nothing of it is read', async () => {
    const { base, received } = await start({ limits: { frameBytes: 16_384 } });
    const outcome = await open(base);
    if (!outcome.open) {
      throw new Error('refused');
    }
    const closed = new Promise<number>((resolve) => outcome.socket.once('close', resolve));
    outcome.socket.send('x'.repeat(20_000));
    expect(await closed).toBe(1009);
    expect(received).toEqual([]);
  });
});

describe('a socket on /sip', () => {
  it('is SIP’s where phones may sign in, and only with its subprotocol', async () => {
    const taken: string[] = [];
    const { base, contexts } = await start(
      {},
      {
        takeSip: (socket, protocol, { local, remote }) => {
          taken.push(`${protocol} ${local.address} ${remote.address}`);
          socket.close();
        },
      },
    );
    const outcome = await open(base, { path: '/sip', protocol: 'sip' });
    expect(outcome.open && outcome.socket.protocol).toBe('sip');
    expect(taken).toEqual(['WS 127.0.0.1 127.0.0.1']);
    expect(await open(base, { path: '/sip' })).toMatchObject({ open: false, status: 400 });
    expect(
      await open(base, { path: '/sip', protocol: 'sip', origin: 'https://evil.example' }),
    ).toMatchObject({ open: false, status: 403 });
    expect(contexts).toEqual([]);
  });

  it('is like any other where none may', async () => {
    const { base, contexts } = await start();
    expect(await open(base, { path: '/sip' })).toMatchObject({ open: true });
    expect(contexts).toHaveLength(1);
  });
});

describe('the origin of a socket', () => {
  const rules = {
    publicUrl: 'https://phone.example.com',
    origins: ['https://app.example.org'],
    hosts: ['gw.example.net:8443'],
  };

  it.each([
    ['none (a program)', undefined, 'gw.example.net:8443'],
    ['our own page', 'https://phone.example.com', 'phone.example.com'],
    ['our own page behind a proxy that renames Host', 'https://phone.example.com', 'upstream:8080'],
    ['a page on a permitted Host', 'https://gw.example.net:8443', 'gw.example.net:8443'],
    ['a listed page', 'https://app.example.org', 'phone.example.com'],
    ['a page on this machine, same origin', 'http://localhost:8080', 'localhost:8080'],
  ])('is allowed: %s', async (_title, origin, host) => {
    const { base } = await start(rules);
    const outcome = await open(base, {
      headers: { host },
      ...(origin === undefined ? {} : { origin }),
    });
    expect(outcome.open).toBe(true);
  });

  it.each([
    ['another site', 'https://evil.example', 'phone.example.com'],
    ['another site under its own Host (DNS rebinding)', 'https://evil.example', 'evil.example'],
    ['the same name on another port', 'https://phone.example.com:444', 'phone.example.com'],
    ['the same name without TLS', 'http://phone.example.com', 'phone.example.com'],
    ['another page on this machine', 'http://localhost:9999', 'localhost:8080'],
    ['null (a sandbox or a file)', 'null', 'phone.example.com'],
    ['a name that ends like ours', 'https://phone.example.com.evil.example', 'phone.example.com'],
    ['nonsense', 'phone.example.com', 'phone.example.com'],
    ['an extension', 'chrome-extension://abc', 'phone.example.com'],
  ])('is refused before the upgrade: %s', async (_title, origin, host) => {
    const { base, contexts } = await start(rules);
    const outcome = await open(base, { origin, headers: { host } });
    expect(outcome).toMatchObject({ open: false, status: 403 });
    expect(contexts).toEqual([]);
  });
});

describe('the limits of an address', () => {
  it('refuse with 429 what is above them, and admit again when a socket is gone', async () => {
    const { base } = await start({ limits: { connectionsPerAddress: 2 } });
    const first = await open(base);
    expect(await open(base)).toMatchObject({ open: true });
    expect(await open(base)).toMatchObject({ open: false, status: 429 });
    if (!first.open) {
      throw new Error('refused');
    }
    first.socket.close();
    await new Promise((resolve) => first.socket.once('close', resolve));
    expect(await open(base)).toMatchObject({ open: true });
  });

  it('hold for new sockets a second', async () => {
    const { base } = await start({ limits: { connectsPerSecond: 1 } });
    for (let i = 0; i < 5; i += 1) {
      expect(await open(base)).toMatchObject({ open: true });
    }
    const refused = await open(base);
    expect(refused).toMatchObject({ open: false, status: 429 });
    expect(refused).toMatchObject({ body: expect.stringContaining('address_rate') as string });
  });

  it('hold for all addresses together with 503', async () => {
    const { base } = await start({ limits: { connections: 1 } });
    expect(await open(base)).toMatchObject({ open: true });
    expect(await open(base)).toMatchObject({ open: false, status: 503 });
  });

  it('count the address that a trusted proxy names, and nobody else’s word', async () => {
    const behind = await start({ limits: { connectionsPerAddress: 1 }, trustProxy: ['loopback'] });
    for (const address of ['198.51.100.1', '198.51.100.2']) {
      expect(await open(behind.base, { headers: { 'x-forwarded-for': address } })).toMatchObject({
        open: true,
      });
    }
    expect(behind.contexts.map((context) => context.address)).toEqual([
      '198.51.100.1',
      '198.51.100.2',
    ]);
    expect(
      await open(behind.base, { headers: { 'x-forwarded-for': '198.51.100.1' } }),
    ).toMatchObject({ status: 429 });
    // What a client says of itself before the proxy adds to it counts for nothing.
    const spoofed = await open(behind.base, {
      headers: { 'x-forwarded-for': '10.9.9.9, 198.51.100.2' },
    });
    expect(spoofed).toMatchObject({ status: 429 });

    const plain = await start({ limits: { connectionsPerAddress: 1 } });
    expect(
      await open(plain.base, { headers: { 'x-forwarded-for': '198.51.100.1' } }),
    ).toMatchObject({ open: true });
    expect(plain.contexts[0]?.address).toBe('127.0.0.1');
    expect(
      await open(plain.base, { headers: { 'x-forwarded-for': '198.51.100.2' } }),
    ).toMatchObject({ status: 429 });
  });
});
