import type { FuzzTarget } from '../target.ts';

interface Entry {
  /** The sources whose coverage guides the search, as parts of their URLs. */
  readonly sources: readonly string[];
  /** Imports the parser with it, so that coverage can be started before. */
  readonly load: () => Promise<FuzzTarget>;
}

const media = '/gateway/src/media/embedded';

/** Where gateway and client may meet; by its address, since it is written for browsers and checked with their types. */
const CLIENT = new URL('../../../../../e2e/fuzz/client.ts', import.meta.url).href;

const ENTRIES: Readonly<Record<string, Entry>> = {
  sdp: {
    sources: [`${media}/sdp/`, `${media}/net/ice-path`, '/gateway/src/calls/sdp.ts'],
    load: async () => (await import('./sdp.ts')).sdp,
  },
  stun: {
    sources: [`${media}/net/stun`],
    load: async () => (await import('./stun.ts')).stun,
  },
  'dtls-records': {
    sources: [`${media}/dtls/record`, `${media}/dtls/reassembly`],
    load: async () => (await import('./dtls.ts')).dtlsRecords,
  },
  'dtls-messages': {
    sources: [`${media}/dtls/handshake`, `${media}/dtls/certificate`],
    load: async () => (await import('./dtls.ts')).dtlsMessages,
  },
  'dtls-endpoint': {
    sources: [`${media}/dtls/`],
    load: async () => (await import('./dtls-endpoint.ts')).dtlsEndpoint,
  },
  rtp: {
    sources: [`${media}/rtp/rtp.ts`],
    load: async () => (await import('./rtp.ts')).rtp,
  },
  rtcp: {
    sources: [`${media}/rtp/rtcp.ts`],
    load: async () => (await import('./rtp.ts')).rtcp,
  },
  srtp: {
    sources: [`${media}/rtp/`],
    load: async () => (await import('./srtp.ts')).srtp,
  },
  'tcp-frames': {
    sources: [`${media}/tcp/frames`],
    load: async () => (await import('./tcp.ts')).tcpFrames,
  },
  'telephone-event': {
    sources: [`${media}/rtp/telephone-event`],
    load: async () => (await import('./rtp.ts')).telephoneEvent,
  },
  sip: {
    sources: ['/gateway/src/sip/core/', '/gateway/src/sip/custom-headers'],
    load: async () => (await import('./sip.ts')).sip,
  },
  'sip-sdp': {
    sources: [`${media}/rtp-leg/rtp-sdp`, `${media}/sdp/`],
    load: async () => (await import('./sip.ts')).sipSdp,
  },
  'client-frame': {
    sources: ['/protocol/src/'],
    load: async () => (await import('./frames.ts')).clientFrame,
  },
  'gateway-frame': {
    sources: ['/protocol/src/'],
    load: async () => (await import('./frames.ts')).gatewayFrame,
  },
  client: {
    sources: ['/client/src/signaling/', '/client/src/calls/', '/protocol/src/'],
    load: async () => ((await import(CLIENT)) as { readonly client: FuzzTarget }).client,
  },
  report: {
    sources: ['/gateway/src/reports/', '/protocol/src/'],
    load: async () => (await import('./uploads.ts')).report,
  },
  recording: {
    sources: ['/gateway/src/reports/', '/protocol/src/'],
    load: async () => (await import('./uploads.ts')).recording,
  },
  text: {
    sources: ['/logging/redact', '/quality/redact', '/reports/', '/engines/local/'],
    load: async () => (await import('./text.ts')).text,
  },
  token: {
    sources: ['/gateway/src/auth/'],
    load: async () => (await import('./tokens.ts')).token,
  },
  ticket: {
    sources: ['/gateway/src/edge/', '/gateway/src/reports/keys'],
    load: async () => (await import('./tokens.ts')).ticket,
  },
};

/** Parsers with faults, by which the fuzzer itself is tested. */
const PLANTED: Readonly<Record<string, Entry>> = {
  planted: {
    sources: ['/planted/parser'],
    load: async () => (await import('../planted/target.ts')).planted,
  },
  'planted-hang': {
    sources: ['/planted/parser'],
    load: async () => (await import('../planted/target.ts')).plantedHang,
  },
};

export const TARGETS: readonly string[] = Object.keys(ENTRIES);

function entryOf(name: string): Entry {
  const entry = ENTRIES[name] ?? PLANTED[name];
  if (!entry) {
    throw new Error(`There is no target "${name}". There are: ${TARGETS.join(', ')}`);
  }
  return entry;
}

export function sourcesOf(name: string): readonly string[] {
  return entryOf(name).sources;
}

export function loadTarget(name: string): Promise<FuzzTarget> {
  return entryOf(name).load();
}
