/**
 * A program of its own between a browser and the gateway: passes TCP and UDP on, and does to them what it is told. It counts what
 * it drops, since a test must know what it injected. Talks with its parent over the channel that `fork` makes.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { RelayCommand, RelayCounters, RelaySetup, RoundTrip, Shape } from './relay-client.ts';

/** Flows that were silent this long are forgotten. */
const FLOW_MS = 60_000;

const fair: Shape = { loss: 0, delayMs: 0, jitterMs: 0, reorder: 0 };

/** Passes TCP on; the browser's side can be reset, closed, refused and held. */
class Tcp {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #listen: { readonly host: string; readonly port: number };
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;
  #held = false;

  constructor(setup: RelaySetup) {
    this.#target = { host: setup.target, port: setup.targetTcp };
    this.#listen = { host: setup.listen, port: setup.tcp };
  }

  open(): Promise<void> {
    const server = createServer((client) => {
      this.#join(client);
    });
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#listen, resolve);
    });
  }

  /** New connections are refused by the kernel. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  reset(): void {
    for (const client of this.#clients) {
      client.resetAndDestroy();
    }
  }

  /** The close frame of a gateway (RFC 6455, 5.5.1), then the end. */
  closeFrame(code: number): void {
    const frame = Buffer.from([0x88, 0x02, code >> 8, code & 0xff]);
    for (const client of this.#clients) {
      client.end(frame);
    }
  }

  /** Connections stay, or open, and nothing passes. */
  hold(on: boolean): void {
    this.#held = on;
    for (const client of this.#clients) {
      client.emit(on ? 'hold' : 'release');
    }
  }

  #join(client: Socket): void {
    this.#clients.add(client);
    const upstream = connect(this.#target);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const end = (): void => {
      this.#clients.delete(client);
      client.destroy();
      upstream.destroy();
    };
    upstream.on('error', () => {
      client.resetAndDestroy();
    });
    client.on('error', end);
    client.on('close', end);
    upstream.on('close', end);
    const release = (): void => {
      client.pipe(upstream);
      upstream.pipe(client);
    };
    client.on('hold', () => {
      client.unpipe();
      upstream.unpipe();
      client.pause();
      upstream.pause();
    });
    client.on('release', release);
    if (!this.#held) {
      release();
    }
  }
}

/**
 * Loses packets at a rate: of each block of 1/rate packets one, at a random place. Chance alone would lose none of 275 at 1 % once
 * in 16 runs, and a test could not tell that from a loss that nobody noticed.
 */
class Dice {
  readonly #rate: number;
  #left = 0;
  #until = 0;

  /** @param rate 0 to 1 */
  constructor(rate: number) {
    this.#rate = rate;
  }

  loses(): boolean {
    if (this.#rate <= 0) {
      return false;
    }
    if (this.#left < 1) {
      // What a block has beyond whole packets goes to the next.
      this.#left += 1 / this.#rate;
      this.#until = Math.floor(Math.random() * Math.floor(this.#left));
    }
    this.#left -= 1;
    return this.#until-- === 0;
  }
}

/** Passes datagrams on, each client through a socket of its own, as a NAT does. */
class Udp {
  readonly #setup: RelaySetup;
  readonly #socket = createSocket('udp4');
  readonly #flows = new Map<string, Flow>();
  #shape = fair;
  #held = false;
  #counters = zero();
  #roundTrips: RoundTrip[] = [];

  constructor(setup: RelaySetup) {
    this.#setup = setup;
    this.#socket.on('message', (data, client) => {
      this.#up(data, client);
    });
    setInterval(() => {
      for (const [key, flow] of this.#flows) {
        if (Date.now() - flow.usedAt < FLOW_MS) {
          continue;
        }
        flow.socket.close();
        this.#flows.delete(key);
      }
    }, FLOW_MS).unref();
  }

  open(): Promise<void> {
    const { udp: port, listen: address } = this.#setup;
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind({ port, address }, resolve);
    });
  }

  get counters(): RelayCounters {
    return { ...this.#counters, roundTrips: this.#roundTrips };
  }

  shape(shape: Shape): void {
    this.#shape = shape;
    for (const flow of this.#flows.values()) {
      flow.dice = diceOf(shape);
    }
    this.#counters = zero();
    this.#roundTrips = [];
  }

  hold(on: boolean): void {
    this.#held = on;
  }

  #up(data: Buffer, client: RemoteInfo): void {
    const key = `${client.address}:${String(client.port)}`;
    let flow = this.#flows.get(key);
    if (!flow) {
      const socket = createSocket('udp4');
      const asked = new Map<string, number>();
      const made: Flow = { socket, client, usedAt: 0, dice: diceOf(this.#shape), asked };
      flow = made;
      this.#flows.set(key, flow);
      socket.on('message', (answer) => {
        this.#pass(answer, made, 'down', () => {
          this.#socket.send(answer, client.port, client.address);
          this.#answered(answer, made);
        });
      });
      // A gateway that is down answers with ICMP; that is no mistake of ours.
      socket.on('error', () => undefined);
      socket.bind({ address: this.#setup.target });
    }
    flow.usedAt = Date.now();
    const { socket, asked } = flow;
    if (isStun(data, CHECK)) {
      if (asked.size >= MAX_ASKED) {
        asked.clear();
      }
      asked.set(transactionOf(data), performance.now());
    }
    this.#pass(data, flow, 'up', () => {
      socket.send(data, this.#setup.targetUdp, this.#setup.target);
    });
  }

  #answered(data: Buffer, { asked }: Flow): void {
    if (!isStun(data, ANSWER)) {
      return;
    }
    const transaction = transactionOf(data);
    const since = asked.get(transaction);
    if (since === undefined) {
      return;
    }
    asked.delete(transaction);
    this.#roundTrips.push({ at: Date.now(), ms: performance.now() - since });
  }

  #pass(data: Buffer, { client, dice }: Flow, way: 'up' | 'down', send: () => void): void {
    const { victim } = this.#setup;
    const hit = victim?.some((begin) => client.address.startsWith(begin)) ?? true;
    if (!hit) {
      send();
      return;
    }
    if (this.#held) {
      return;
    }
    const { delayMs, jitterMs, reorder } = this.#shape;
    const kind = isRtp(data) ? way : 'other';
    const count = this.#counters[kind];
    count.packets += 1;
    if (dice[kind].loses()) {
      count.dropped += 1;
      return;
    }
    const late = reorder > 0 && Math.random() < reorder ? 60 : 0;
    if (late > 0) {
      count.reordered += 1;
    }
    const wait = delayMs + late + (jitterMs > 0 ? jitterMs - (Date.now() % jitterMs) : 0);
    if (wait > 0) {
      setTimeout(send, wait);
    } else {
      send();
    }
  }
}

/** RFC 7983 for the first byte, RFC 5761 for the second. */
const isRtp = (data: Buffer): boolean => {
  const [first = 0, second = 0] = data;
  return first >= 128 && first < 192 && !((second & 0x7f) >= 64 && (second & 0x7f) < 96);
};

/** Types of STUN messages (RFC 8489, 5). */
const CHECK = 0x0001;
const ANSWER = 0x0101;
const STUN_HEADER = 20;
/** Checks of a client that wait for their answers. */
const MAX_ASKED = 1_000;

const isStun = (data: Buffer, type: number): boolean =>
  data.length >= STUN_HEADER && data.readUInt16BE(0) === type;
const transactionOf = (data: Buffer): string => data.toString('latin1', 8, STUN_HEADER);

/** One client's packets. Each loses its own: the page of a row before, to which something is still sent, takes none of another's. */
interface Flow {
  readonly socket: UdpSocket;
  readonly client: RemoteInfo;
  usedAt: number;
  dice: ReturnType<typeof diceOf>;
  /** When the client's checks came, by their transactions. */
  readonly asked: Map<string, number>;
}

const diceOf = ({ loss }: Shape) => ({
  up: new Dice(loss),
  down: new Dice(loss),
  other: new Dice(loss),
});

function zero() {
  const count = () => ({ packets: 0, dropped: 0, reordered: 0 });
  return { up: count(), down: count(), other: count() };
}

let tcp: Tcp | undefined;
let udp: Udp | undefined;

async function obey(command: RelayCommand): Promise<unknown> {
  switch (command.do) {
    case 'start':
      tcp = new Tcp(command.setup);
      udp = new Udp(command.setup);
      await Promise.all([tcp.open(), udp.open()]);
      return null;
    case 'reset':
      tcp?.reset();
      return null;
    case 'close':
      tcp?.closeFrame(command.code);
      return null;
    case 'refuse':
      if (command.on) {
        tcp?.refuse();
      } else {
        await tcp?.open();
      }
      return null;
    case 'hold':
      tcp?.hold(command.on);
      if (command.udp) {
        udp?.hold(command.on);
      }
      return null;
    case 'shape':
      udp?.shape(command.shape);
      return null;
    case 'counters':
      return udp?.counters;
  }
}

process.on('message', ({ id, command }: { id: number; command: RelayCommand }) => {
  obey(command).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => {
  process.exit();
});
