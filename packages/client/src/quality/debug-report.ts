import { Listeners } from '../listeners.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import type { LogLine } from './log-line.ts';
import { redact, stringify } from './redact.ts';
import type { ReportDetail } from './report-entry.ts';
import type { CallSamples } from './samples.ts';
import type { QualitySample } from './sampler.ts';

type Bag = Record<string, unknown>;

export interface DebugReportDeps {
  readonly platform: Platform;
  readonly samples: CallSamples;
  /** Puts a frame on the socket; false when there is none. Null: nothing is sent. */
  readonly send: ((text: string) => boolean) | null;
  /** Offers the timeline as a file at the end. */
  readonly file: boolean;
  /** What it may tell; default nothing beyond measurements. */
  readonly detail: ReportDetail;
  /** What must not be in it, in whatever text it stands. */
  readonly secrets: () => readonly (string | undefined)[];
  /** The session's id: what the reference calls peer and connection. */
  readonly peerId: string;
  readonly callId: string;
  /** Called once, at the end. */
  done(timeline: unknown[]): void;
}

const VERSION = 1;
/** An hour of statistics; then the oldest statistics go. */
const MAX_TIMELINE = 4_000;
/** Frames that wait for a socket. */
const MAX_WAITING = 500;
const REVOKE_MS = 1_000;
/** Statistics nest deeper than what an application logs, and have more members. */
const ROOM = { depth: 8, width: 1_000 };

/**
 * The debug report of one peer connection (wire spec 17): what happens to it, and its statistics once a second. Frames go out
 * beside the call, which neither waits for them nor for their replies.
 */
export class DebugReport {
  readonly id: string;
  readonly #deps: DebugReportDeps;
  readonly #pc: RTCPeerConnection;
  readonly #listeners = new Listeners();
  readonly #stopSamples: () => void;
  readonly #timeline: Bag[] = [];
  #waiting: string[] = [];
  #before = 'new';
  #stats: ReadonlyMap<string, RTCStats> = new Map();
  #stopped = false;

  constructor(deps: DebugReportDeps, pc: RTCPeerConnection) {
    this.#deps = deps;
    this.#pc = pc;
    this.id = deps.platform.uuid();
    this.#frame('debug_report_start');
    this.#add('addConnection', 'peer', {
      options: {},
      peerConfiguration: configurationOf(pc),
    });
    this.#listen();
    this.#stopSamples = deps.samples.add((sample) => {
      this.#onSample(sample);
    });
  }

  /** A line of the client's log that is about this call, or about no call. */
  log({ level, args }: LogLine): void {
    this.#add('log', 'log', { level, args });
  }

  /** A frame that was sent or received, parsed. */
  signalling(out: boolean, frame: unknown): void {
    this.#add(out ? 'sent' : 'received', 'signaling', frame);
  }

  /** Ends it: the last frame, the file, the event. Idempotent. */
  stop(): void {
    if (this.#stopped) {
      return;
    }
    this.#stopped = true;
    this.#listeners.dispose();
    this.#stopSamples();
    this.#frame('debug_report_stop');
    if (this.#deps.file) {
      this.#download();
    }
    this.#deps.done(this.#timeline);
  }

  #listen(): void {
    const pc = this.#pc;
    const on = (type: string, tag: string, data: (event: Event) => unknown): void => {
      this.#listeners.add(pc, type, (event) => {
        this.#add(`on${type}`, tag, data(event));
      });
    };
    on('negotiationneeded', 'connection', () => null);
    on('signalingstatechange', 'connection', () => ({
      signalingState: pc.signalingState,
      localDescription: descriptionOf(pc.localDescription),
      remoteDescription: descriptionOf(pc.remoteDescription),
    }));
    on('icegatheringstatechange', 'connection', () => pc.iceGatheringState);
    on('icecandidate', 'connection', (event) => {
      const { candidate } = event as RTCPeerConnectionIceEvent;
      return (candidate as Partial<RTCIceCandidate> | null)?.toJSON?.() ?? null;
    });
    on('icecandidateerror', 'connection', (event) => {
      const { errorCode, errorText, url, address, port } = event as RTCPeerConnectionIceErrorEvent;
      const detail = { errorCode, errorText, url, address, port };
      this.#detailed('icecandidateerror-detailed', { ...detail, ...this.#states() });
      return detail;
    });
    on('iceconnectionstatechange', 'connection', () => pc.iceConnectionState);
    on('connectionstatechange', 'connection', () => {
      const before = this.#before;
      this.#before = pc.connectionState;
      if (/^(failed|disconnected)$/.test(pc.connectionState)) {
        this.#detailed('connectionstatechange-detailed', {
          connectionState: pc.connectionState,
          previousConnectionState: before,
          ...this.#states(),
          ...pathOf(this.#stats),
        });
      }
      return pc.connectionState;
    });
    on('datachannel', 'datachannel', () => null);
    on('track', 'track', (event) => {
      const { track } = event as RTCTrackEvent;
      for (const type of ['mute', 'unmute', 'ended', 'overconstrained']) {
        this.#listeners.add(track, type, () => {
          this.#add(type, 'track', trackOf(track));
        });
      }
      return trackOf(track);
    });
  }

  #states(): Bag {
    const { iceConnectionState, iceGatheringState, signalingState, connectionState } = this.#pc;
    return {
      connectionState,
      iceConnectionState,
      iceGatheringState,
      signalingState,
      localDescriptionType: this.#pc.localDescription?.type,
      remoteDescriptionType: this.#pc.remoteDescription?.type,
    };
  }

  #onSample({ report }: QualitySample): void {
    this.#stats = report;
    this.#add('stats', 'stats', sorted(report), { statsObject: Object.fromEntries(report) });
  }

  #add(event: string, tag: string, data: unknown, more: Bag = {}): void {
    if (this.#stopped) {
      return;
    }
    const { peerId, platform } = this.#deps;
    const timestamp = new Date(platform.now()).toISOString();
    const raw = { event, tag, data, ...more };
    const clean = redact(raw, { ...ROOM, addresses: this.#deps.detail.addresses === true }) as Bag;
    const entry = { ...clean, peerId, connectionId: peerId, timestamp };
    this.#timeline.push(entry);
    if (this.#timeline.length > MAX_TIMELINE) {
      const oldest = this.#timeline.findIndex((one) => one['event'] === 'stats');
      this.#timeline.splice(Math.max(0, oldest), 1);
    }
    this.#frame('debug_report_data', { debug_report_data: entry });
  }

  /** Goes out only: it is no entry of the timeline. */
  #detailed(event: string, data: Bag): void {
    const timestamp = new Date(this.#deps.platform.now()).toISOString();
    const addresses = this.#deps.detail.addresses === true;
    const clean = redact(data, { ...ROOM, addresses });
    const entry = { event, tag: 'connection', data: clean, timestamp };
    this.#frame('debug_report_data', { debug_report_data: entry });
  }

  #frame(type: string, more: Bag = {}): void {
    const { send, platform, callId, secrets } = this.#deps;
    if (!send) {
      return;
    }
    const frame = {
      jsonrpc: '2.0',
      id: platform.uuid(),
      type,
      debug_report_id: this.id,
      debug_report_version: VERSION,
      call_id: callId,
      ...more,
    };
    this.#waiting.push(stringify(frame, secrets()));
    while (this.#waiting[0] !== undefined && send(this.#waiting[0])) {
      this.#waiting.shift();
    }
    this.#waiting = this.#waiting.slice(-MAX_WAITING);
  }

  #download(): void {
    const { platform } = this.#deps;
    const { document } = platform;
    if (!document) {
      return;
    }
    const text = stringify(this.#timeline, this.#deps.secrets());
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `webrtc-stats-${this.id}-${String(platform.now())}.json`;
    link.click();
    // The browser has taken it up by then.
    new Timer(platform).start(REVOKE_MS, () => {
      URL.revokeObjectURL(url);
    });
  }
}

/** Without credentials of ICE servers and without certificates. */
function configurationOf(pc: RTCPeerConnection): Bag {
  const { iceServers, iceTransportPolicy, iceCandidatePoolSize, bundlePolicy } =
    (pc as Partial<RTCPeerConnection>).getConfiguration?.() ?? {};
  return {
    iceServers: iceServers?.map(({ urls }) => ({ urls })),
    iceTransportPolicy,
    iceCandidatePoolSize,
    bundlePolicy,
  };
}

/** Without the keys of ICE and DTLS. */
const descriptionOf = (description: RTCSessionDescription | null): unknown =>
  description && {
    type: description.type,
    sdp: description.sdp.replace(/(a=(?:ice-pwd|fingerprint|crypto):?)[^\r\n]*/g, '$1[redacted]'),
  };

/** Without its label, which may be a person's own name for a device. */
const trackOf = ({ id, kind, enabled, muted, readyState }: MediaStreamTrack): Bag => ({
  id,
  kind,
  enabled,
  muted,
  readyState,
});

/** `{ audio, video, connection, remote }` of one moment. */
function sorted(report: ReadonlyMap<string, RTCStats>): Bag {
  const streams = () => ({ inbound: [] as unknown[], outbound: [] as unknown[] });
  const pair = () => ({ audio: streams(), video: streams() });
  const local = pair();
  const remote = pair();
  for (const entry of report.values()) {
    const [, far, side] = /^(remote-)?(inbound|outbound)-rtp$/.exec(entry.type) ?? [];
    const { kind } = entry as { kind?: string };
    if (side && (kind === 'audio' || kind === 'video')) {
      (far ? remote : local)[kind][side as 'inbound' | 'outbound'].push(entry);
    }
  }
  return { ...local, connection: selectedPair(report) ?? {}, remote };
}

function selectedPair(report: ReadonlyMap<string, RTCStats>): Bag | undefined {
  const transport = transportOf(report);
  return report.get(String(transport?.['selectedCandidatePairId'])) as Bag | undefined;
}

const transportOf = (report: ReadonlyMap<string, RTCStats>): Bag | undefined =>
  [...report.values()].find(({ type }) => type === 'transport') as Bag | undefined;

/** What the last statistics said of the path that was lost. */
function pathOf(report: ReadonlyMap<string, RTCStats>): Bag {
  const transport = transportOf(report);
  const pair = selectedPair(report);
  const end = (id: unknown): Bag | undefined => {
    const found = report.get(String(id)) as Bag | undefined;
    const { address, port, protocol, candidateType } = found ?? {};
    return found && { address, port, protocol, candidateType };
  };
  const local = end(pair?.['localCandidateId']);
  const remote = end(pair?.['remoteCandidateId']);
  const { dtlsState, dtlsCipher, srtpCipher, tlsVersion } = transport ?? {};
  return {
    dtlsState,
    dtlsCipher,
    srtpCipher,
    tlsVersion,
    localCandidateType: local?.['candidateType'],
    remoteCandidateType: remote?.['candidateType'],
    candidatePairState: pair?.['state'],
    selectedCandidatePair: { local, remote },
  };
}
