import { X509Certificate, createPrivateKey } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDemoStore } from '../auth/demo.ts';
import { loadLocalKey } from '../auth/local-key.ts';
import { Store, databasePath } from '../auth/store.ts';
import { tokenAdvice } from '../auth/token-advice.ts';
import { Users } from '../auth/users.ts';
import type { Config } from '../config.ts';
import { holderOf } from '../data-folder/lock.ts';
import { isLoopback, isLoopbackName } from '../http/addresses.ts';
import { pushPath } from '../push/push-store.ts';
import { reportsPath } from '../reports/sqlite/schema.ts';
import { findWebRoot } from '../web-root.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Of a damaged database, so many faults are named. */
const FAULTS = 3;
const MIB = 1024 * 1024;
/** Reading a larger database would hold up for seconds what a running gateway writes to it. */
const MOST_BESIDE_GATEWAY = 64 * MIB;
const DAY_MS = 86_400_000;

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 20)) {
    return fail('node', `v${version} is too old`, 'install Node 24, or 22.20 or later');
  }
  return ok('node', `v${version}`);
}

export function checkFileLimit(config: Config): Finding | null {
  if (!existsSync('/proc/self/limits')) {
    return null;
  }
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  if (soft === undefined) {
    return null;
  }
  const wanted = config.limits.connections + 2000;
  if (Number(soft) >= wanted) {
    return ok('open files', `${soft} allowed`);
  }
  return warn(
    'open files',
    `${soft} allowed, but limits.connections is ${String(config.limits.connections)} and every leg takes one too`,
    `raise it (LimitNOFILE=${String(wanted)} in the systemd unit, or ulimit -n) or lower limits.connections`,
  );
}

/** Only looks: run as root, making files here would take them from the gateway's own user. */
export function checkDataDir(config: Config): Finding[] {
  const { dataDir } = config;
  const existing = nearestFolder(resolve(dataDir));
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return [
      fail(
        'data folder',
        `${existing} cannot be written (${reasonOf(error)})`,
        "set dataDir to a folder of the gateway's own user",
      ),
    ];
  }
  // Where the users are shared, `postgres.ts` looks at them.
  const users = config.database === undefined ? [checkDatabase(config)] : [];
  const findings = [checkDisk(existing), ...users];
  if (existsSync(join(dataDir, 'token-secret'))) {
    try {
      loadLocalKey(dataDir);
    } catch (error) {
      findings.push(
        fail(
          'token secret',
          (error as Error).message,
          'without it no token of this gateway can be checked',
        ),
      );
    }
  }
  return findings;
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

function checkDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = Math.floor((bavail * bsize) / MIB);
  const message = `${String(free)} MiB free for ${dataDir}`;
  if (free < 50) {
    return fail('disk', message, 'free some space');
  }
  return free < 500 ? warn('disk', message, 'free some space') : ok('disk', message);
}

function checkDatabase(config: Config): Finding {
  const path = databasePath(config.dataDir);
  const { secrets, publicKeys, jwksUrl } = config.auth.jwt;
  const tokens = secrets.length > 0 || publicKeys.length > 0 || jwksUrl !== undefined;
  const nobody = warn(
    'users',
    'nobody can sign in yet',
    'offhook user add <name>, or configure auth.jwt',
  );
  try {
    if (!existsSync(path)) {
      return tokens ? ok('users', 'none here, tokens of others only') : nobody;
    }
    const store = new Store(path, { schema: 'require' });
    try {
      if (isDemoStore(store)) {
        return fail('users', `${path} belongs to a demo`, 'give another dataDir');
      }
      const count = new Users(store).list().length;
      return count === 0 && !tokens ? nobody : ok('users', `${String(count)} in ${path}`);
    } finally {
      store.close();
    }
  } catch (error) {
    return fail('users', reasonOf(error), 'check dataDir');
  }
}

/** Reads every page of each database that is there, except a large one that a gateway uses; changes nothing. */
export function checkDatabases(config: Config): Finding[] {
  const places = [
    ['users database', databasePath(config.dataDir)],
    ['reports database', reportsPath(config.dataDir)],
    ['push database', pushPath(config.dataDir)],
  ] as const;
  return places.flatMap(([title, path]) =>
    existsSync(path) ? [databaseFinding(title, path, config)] : [],
  );
}

function databaseFinding(title: string, path: string, { dataDir }: Config): Finding {
  const { size } = statSync(path);
  if (size <= MOST_BESIDE_GATEWAY || holderOf(dataDir)?.use !== 'gateway') {
    return integrityOf(title, path);
  }
  return ok(
    title,
    `${path} was not read: a gateway writes to it, and would wait for ${String(Math.floor(size / MIB))} MiB; its backup, or the doctor while it is stopped, tells whether it is whole`,
  );
}

function integrityOf(title: string, path: string): Finding {
  const fix = `stop the gateway, move ${path} away, and put a backup in its place`;
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      const rows = database.prepare(`PRAGMA integrity_check(${String(FAULTS)})`).all();
      const faults = rows
        .map((row) => String(row['integrity_check']))
        .filter((each) => each !== 'ok');
      if (faults.length === 0) {
        return ok(title, `${path} is whole`);
      }
      return fail(title, `${path} is damaged: ${faults.join('; ').replaceAll('\n', ' ')}`, fix);
    } finally {
      database.close();
    }
  } catch (error) {
    return fail(title, `${path} cannot be read (${reasonOf(error)})`, fix);
  }
}

export function checkTokens(config: Config): Finding[] {
  return tokenAdvice(config.auth.jwt).map((advice) =>
    warn('tokens', advice, 'name what your tokens carry in aud and iss'),
  );
}

export function checkTls(config: Config, now = Date.now()): Finding {
  const { tls, trustProxy } = config;
  if (tls === undefined) {
    if (isLoopback(config.host) || config.host === 'localhost') {
      return trustProxy.length > 0
        ? ok('tls', `left to the proxy at ${trustProxy.join(', ')}`)
        : warn(
            'tls',
            `none, and no trusted proxy; only browsers on this machine can call`,
            'set tls.cert and tls.key, or put a reverse proxy before it and set trustProxy',
          );
    }
    if (trustProxy.length > 0) {
      return warn(
        'tls',
        `left to a proxy, but ${config.host} can be reached around it`,
        'set host to 127.0.0.1 or let only the proxy through the firewall',
      );
    }
    return fail(
      'tls',
      `none, and others may connect (${config.host}): browsers give the microphone to https pages only`,
      'set tls.cert and tls.key, or put a reverse proxy before it and set trustProxy',
    );
  }
  try {
    const certificate = new X509Certificate(readFileSync(tls.cert));
    const key = createPrivateKey(readFileSync(tls.key));
    if (!certificate.checkPrivateKey(key)) {
      return fail(
        'tls',
        `${tls.key} does not belong to ${tls.cert}`,
        'give the key of this certificate',
      );
    }
    const days = Math.floor((Date.parse(certificate.validTo) - now) / DAY_MS);
    if (days < 0) {
      return fail('tls', `${tls.cert} expired on ${certificate.validTo}`, 'renew it');
    }
    const name = config.publicUrl === undefined ? null : new URL(config.publicUrl).hostname;
    if (name !== null && certificate.checkHost(name) === undefined) {
      return fail(
        'tls',
        `${tls.cert} is not for ${name}`,
        'give a certificate for the name in publicUrl',
      );
    }
    if (days < 14) {
      return warn(
        'tls',
        `${tls.cert} expires in ${String(days)} days`,
        'renew it; SIGHUP makes the gateway read it again',
      );
    }
    return ok('tls', `${tls.cert} is valid for ${String(days)} more days`);
  } catch (error) {
    return fail(
      'tls',
      `the certificate or key cannot be used (${reasonOf(error)})`,
      'check tls.cert and tls.key: PEM files, readable',
    );
  }
}

export function checkOrigins(config: Config): Finding {
  const insecure = config.origins.filter((origin) => {
    const url = new URL(origin);
    return url.protocol === 'http:' && !isLoopbackName(url.hostname);
  });
  if (insecure.length > 0) {
    return warn(
      'origins',
      `${insecure.join(', ')} is not https; browsers give it no microphone`,
      'use https',
    );
  }
  const own = config.publicUrl ?? config.hosts[0];
  if (own === undefined && config.origins.length === 0) {
    return warn(
      'origins',
      'only pages on this machine may connect',
      'set publicUrl to the address of the phone, or list other pages in origins',
    );
  }
  const list = [
    ...(config.publicUrl === undefined ? [] : [config.publicUrl]),
    ...config.hosts,
    ...config.origins,
  ];
  return ok('origins', `pages of ${list.join(', ')} may connect`);
}

export function checkWebPhone(config: Config): Finding {
  const root = findWebRoot(config.web.root);
  if (root !== null) {
    return ok('web phone', root);
  }
  if (config.web.root !== undefined) {
    return fail(
      'web phone',
      `${config.web.root} holds no index.html`,
      'build the phone or leave web.root out',
    );
  }
  return warn(
    'web phone',
    'not built; the gateway serves signalling only',
    'build it (npm run build) or set web.root',
  );
}
