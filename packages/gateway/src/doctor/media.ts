import { isPrivateAddress } from '../config/private-address.ts';
import { tcpWay } from '../config/tcp-way.ts';
import type { Config } from '../config.ts';
import { isLoopback } from '../http/addresses.ts';
import { addressesOf, ownAddresses } from '../media/embedded/addresses.ts';
import { NgClient } from '../media/rtpengine/ng-client.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

const SUBJECT = 'public address';

/** Looks up names and asks STUN servers, as `serve` does. */
export async function checkPublicAddress(config: Config): Promise<Finding> {
  const { bind, plane, publicAddress } = config.media;
  if (plane === 'rtpengine') {
    return ok(SUBJECT, 'browsers are told to send media to the addresses of the media nodes');
  }
  const outside: string[] = [];
  for (const entry of publicAddress) {
    try {
      const found = await addressesOf(entry);
      outside.push(
        ...found.map((address) => (address === entry ? entry : `${address} (${entry})`)),
      );
    } catch (error) {
      return fail(
        SUBJECT,
        `nothing is found for ${entry} (${reasonOf(error)})`,
        'check media.publicAddress; serve goes on without it and asks again',
      );
    }
  }
  const own = ownAddresses({ bind, localOnly: false });
  const named = outside.length > 0 ? outside : own;
  const plain = named.map((address) => address.replace(/ .*/, ''));
  const list = named.join(', ');
  if (plain.every(isLoopback)) {
    return fail(
      SUBJECT,
      `only loopback is offered for media (${list})`,
      'set media.publicAddress and media.bind',
    );
  }
  if (plain.every(isPrivateAddress)) {
    return warn(
      SUBJECT,
      `only private addresses are offered for media (${list})`,
      'right for a network of your own; for browsers on the internet set media.publicAddress to the address they can reach, and forward the UDP ports',
    );
  }
  const beside = outside.length > 0 ? `; to ${own.join(', ')} in their own network` : '';
  return ok(SUBJECT, `browsers are told to send media to ${list}${beside}`);
}

export function checkMediaOverTcp(config: Config): Finding {
  const subject = 'media over TCP';
  const way = tcpWay(config);
  if (way.on) {
    const port = String(way.port ?? config.port);
    return ok(subject, `on port ${port}, for networks that let no UDP out`);
  }
  if (!config.media.iceTcp || config.turn !== undefined || config.iceServers.length > 0) {
    return ok(subject, `off: ${way.reason}`);
  }
  return warn(
    subject,
    `it cannot work here: ${way.reason}. Callers in networks that let no UDP out will have no audio`,
    'let the gateway end TLS itself, behind a proxy that passes TCP on if there has to be one (media.publicTcpPort), or configure turn',
  );
}

/** Asks each rtpengine whether it is there. */
export function checkMediaNodes(config: Config): Promise<Finding[]> {
  return Promise.all(config.media.nodes.map((node) => checkNode(node)));
}

async function checkNode({
  address,
  port,
  weight,
}: Config['media']['nodes'][number]): Promise<Finding> {
  const subject = `media node ${address} port ${String(port)}`;
  try {
    const client = await NgClient.open({ address, port }, { heard: () => {}, resent: () => {} });
    try {
      await client.request('ping');
    } finally {
      client.close();
    }
  } catch (error) {
    return fail(
      subject,
      `no rtpengine answers (${reasonOf(error)})`,
      'start it with --listen-ng on that address and port, and let UDP through from here',
    );
  }
  if (!isPrivateAddress(address) && !isLoopback(address)) {
    return warn(
      subject,
      'its control port is on a public address: whoever reaches it commands all calls',
      'let it listen in a private network, or let the firewall admit the gateways alone',
    );
  }
  return ok(subject, weight === 0 ? 'answers; weight 0: it takes no new calls' : 'answers');
}
