import { IceAgent } from '../net/ice-agent.ts';
import { IceHub } from '../net/ice-hub.ts';
import type { IcePath } from '../net/ice-path.ts';
import type { IceParty, Net } from './ice-party.ts';

const open: IceAgent[] = [];

/** After each test. */
export function closeAgents(): void {
  for (const agent of open.splice(0)) {
    agent.close();
  }
}

export const OURS = '10.0.0.1:5000';

/** Our end of ICE at {@link OURS}, and at more addresses where given. */
export function gateway(net: Net, controlling = false, ...more: string[]) {
  const hub = new IceHub();
  for (const address of ['10.0.0.1', ...more]) {
    hub.add(net.attach(hub, address, 5000));
  }
  return { hub, ...leg(hub, controlling) };
}

/** One leg behind a hub. */
export function leg(hub: IceHub, controlling = false) {
  const got: string[] = [];
  const selected: IcePath[] = [];
  const agent = new IceAgent(hub, controlling, {
    admits: () => true,
    datagram: (_path, data) => got.push(data.toString('latin1')),
    selected: (path) => selected.push(path),
    failed: (error) => {
      throw error;
    },
  });
  open.push(agent);
  return { agent, got, selected };
}

export function exchange(agent: IceAgent, party: IceParty, now = performance.now()): void {
  party.remote = agent.local;
  agent.setRemote(party.local, now);
}

/** Application data starts with a byte that is not STUN. */
export const media = (text: string): Buffer => Buffer.from(`\u0080${text}`, 'latin1');
export const texts = (party: IceParty): string[] =>
  party.got.map((data) => data.toString('latin1'));
