import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PostgresTables } from '../auth/postgres-tables.ts';
import { SqliteTables } from '../auth/sqlite-tables.ts';
import { databasePath, Store } from '../auth/store.ts';
import type { Config } from '../config.ts';
import { isPrivateAddress } from '../config/private-address.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

const ANSWER_MS = 1_000;

/** Whether phones can sign in, and who else can try. */
export async function checkDevices(config: Config): Promise<Finding[]> {
  const { sip } = config;
  if (sip?.devices === undefined) {
    return [];
  }
  const { realm } = sip.devices;
  return [
    await checkPort(sip.bind, sip.port),
    ...(await checkRealm(config, realm)),
    ...(isOpen(sip.bind, sip.publicAddress)
      ? [
          warn(
            'phones',
            `anybody on the Internet may try to sign in at port ${String(sip.port)}`,
            'let only the networks of your phones through the firewall',
          ),
        ]
      : []),
  ];
}

/** Asks as a phone would (OPTIONS); where nobody answers, the port must be free for the gateway. */
async function checkPort(bind: string, port: number): Promise<Finding> {
  const everywhere = bind === '0.0.0.0' || bind === '::';
  const address = everywhere ? (bind === '::' ? '::1' : '127.0.0.1') : bind;
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  const place = `${address} port ${String(port)}`;
  if (await answers(type, address, port)) {
    return ok('registrar', `${place} answers`);
  }
  const socket = createSocket(type);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, resolve);
    });
    return ok('registrar', `${place} is free`);
  } catch (error) {
    const why = `${place} cannot be used (${reasonOf(error)})`;
    return fail('registrar', why, 'stop what uses it, or give sip.bind and sip.port');
  } finally {
    socket.close();
  }
}

function answers(type: 'udp4' | 'udp6', address: string, port: number): Promise<boolean> {
  if (port === 0) {
    return Promise.resolve(false);
  }
  const socket = createSocket(type);
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, ANSWER_MS);
    socket.on('message', (data) => {
      clearTimeout(timer);
      resolve(data.toString('latin1', 0, 8) === 'SIP/2.0 ');
    });
    socket.on('error', () => {
      clearTimeout(timer);
      resolve(false);
    });
    socket.send(
      [
        'OPTIONS sip:doctor SIP/2.0',
        'Via: SIP/2.0/UDP doctor.invalid;rport;branch=z9hG4bK-doctor',
        'From: <sip:doctor@doctor.invalid>;tag=doctor',
        'To: <sip:doctor>',
        `Call-ID: doctor-${String(Date.now())}`,
        'CSeq: 1 OPTIONS',
        'Max-Forwards: 70',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
      port,
      address,
    );
  }).finally(() => {
    socket.close();
  });
}

async function checkRealm({ dataDir, database }: Config, realm: string): Promise<Finding[]> {
  const path = databasePath(dataDir);
  if (database === undefined && !existsSync(path)) {
    return [];
  }
  try {
    const accounts =
      database === undefined
        ? SqliteTables.of(new Store(path, { schema: 'require' }))
        : await PostgresTables.open(database, 'require');
    try {
      const devices = await accounts.devices.list();
      const others = devices.filter((device) => device.realm !== realm).length;
      const count = `${String(devices.length)} for ${realm}`;
      if (others === 0) {
        return [ok('devices', count)];
      }
      return [
        warn(
          'devices',
          `${String(others)} of ${String(devices.length)} were made for another realm and cannot sign in`,
          'remove and add them, or give sip.devices.realm as it was',
        ),
      ];
    } finally {
      await accounts.close();
    }
  } catch (error) {
    return [fail('devices', reasonOf(error), 'check dataDir, or database.url')];
  }
}

function isOpen(bind: string, publicAddress: string | undefined): boolean {
  if (publicAddress !== undefined && !isPrivateAddress(publicAddress)) {
    return true;
  }
  if (bind !== '0.0.0.0' && bind !== '::') {
    return !isPrivateAddress(bind);
  }
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => !isPrivateAddress(address)),
  );
}
