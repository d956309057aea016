import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { isIPv6 } from 'node:net';
import type { Config } from '../config.ts';
import { tcpWay } from '../config/tcp-way.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

const PROBE_MS = 3000;
const SAMPLED_PORTS = 24;

export async function checkTcpPort(config: Config): Promise<Finding> {
  const place = `${config.host} port ${String(config.port)}`;
  if (config.port === 0) {
    return ok('port', 'any free port');
  }
  const error = await tryListen(config.host, config.port);
  if (error === null) {
    return ok('port', `${place} is free`);
  }
  if (error === 'EADDRINUSE') {
    if (await gatewayAnswers(config)) {
      return ok('port', `a gateway already answers on ${place}`);
    }
    return fail(
      'port',
      `${place} is in use`,
      'stop what uses it (ss -ltnp) or choose another port',
    );
  }
  if (error === 'EACCES') {
    return fail(
      'port',
      `${place} may not be used by this user`,
      'choose a port above 1023 or grant the right',
    );
  }
  return fail(
    'port',
    `${place} cannot be listened on (${error})`,
    'see ip address; set host to an address of this machine',
  );
}

/** Tries a sample of the range on each address: all of it would take long and disturb a running gateway. */
export async function checkMediaPorts(config: Config): Promise<Finding[]> {
  const { portMin, portMax, bind } = config.media;
  const findings: Finding[] = [];
  const range = `${String(portMin)}-${String(portMax)}`;
  const step = Math.max(1, Math.floor((portMax - portMin) / SAMPLED_PORTS));
  for (const address of bind.length > 0 ? bind : ['0.0.0.0']) {
    let tried = 0;
    const failed: string[] = [];
    for (let port = portMin; port <= portMax && tried < SAMPLED_PORTS; port += step) {
      tried += 1;
      const error = await tryBind(address, port);
      if (error !== null) {
        failed.push(`${String(port)} ${error}`);
      }
    }
    if (failed.length === 0) {
      findings.push(ok('media ports', `UDP ${range} on ${address} can be used`));
    } else if (failed.length < tried / 2) {
      findings.push(
        warn(
          'media ports',
          `some of UDP ${range} on ${address} are taken (${failed[0] ?? ''})`,
          'fine when a gateway runs here; otherwise choose a range of its own',
        ),
      );
    } else {
      findings.push(
        fail(
          'media ports',
          `UDP ${range} on ${address} cannot be used (${failed[0] ?? ''})`,
          'choose another range or address',
        ),
      );
    }
  }
  return findings;
}

export async function checkTurn(config: Config): Promise<Finding> {
  const { turn, iceServers } = config;
  if (turn === undefined) {
    const silent = tcpWay(config).on ? '' : '; networks that let no UDP out have no audio';
    return iceServers.length === 0
      ? ok('turn', `none configured${silent}`)
      : ok('turn', `${String(iceServers.length)} fixed ICE server(s) are handed out`);
  }
  const unknown: string[] = [];
  for (const url of turn.urls) {
    const host = /^turns?:(\[[^\]]+\]|[^:?]+)/i.exec(url)?.[1]?.replace(/^\[(.*)\]$/, '$1') ?? '';
    try {
      await within(lookup(host));
    } catch (error) {
      unknown.push(`${host} (${reasonOf(error)})`);
    }
  }
  if (unknown.length > 0) {
    return warn(
      'turn',
      `its host is not found: ${unknown.join(', ')}`,
      'check the name in turn.urls',
    );
  }
  return ok('turn', `${turn.urls.join(', ')}; credentials last ${String(turn.ttlSeconds)} s`);
}

export async function checkKeySet(config: Config): Promise<Finding | null> {
  const { jwksUrl } = config.auth.jwt;
  if (jwksUrl === undefined) {
    return null;
  }
  try {
    const response = await fetch(jwksUrl, {
      signal: AbortSignal.timeout(PROBE_MS),
      redirect: 'manual',
    });
    const body = (await response.json()) as { readonly keys?: unknown };
    if (response.ok && Array.isArray(body.keys)) {
      return ok('key set', `${jwksUrl} holds ${String(body.keys.length)} key(s)`);
    }
    return fail(
      'key set',
      `${jwksUrl} does not answer with a key set (${String(response.status)})`,
      'check auth.jwt.jwksUrl',
    );
  } catch (error) {
    return fail(
      'key set',
      `${jwksUrl} cannot be fetched (${reasonOf(error)})`,
      'check auth.jwt.jwksUrl and the network',
    );
  }
}

function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      resolve(reasonOf(error));
    });
    server.listen({ host, port }, () => {
      server.close(() => {
        resolve(null);
      });
    });
  });
}

function tryBind(address: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(reasonOf(error));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.close(() => {
        resolve(null);
      });
    });
  });
}

async function gatewayAnswers(config: Config): Promise<boolean> {
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const name = everywhere ? '127.0.0.1' : config.host;
  const host = name.includes(':') ? `[${name}]` : name;
  const scheme = config.tls === undefined ? 'http' : 'https';
  try {
    const response = await fetch(`${scheme}://${host}:${String(config.port)}/healthz`, {
      signal: AbortSignal.timeout(PROBE_MS),
    });
    const body = (await response.json()) as { readonly status?: unknown };
    return typeof body.status === 'string';
  } catch {
    return false;
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('no answer'));
    }, PROBE_MS);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
