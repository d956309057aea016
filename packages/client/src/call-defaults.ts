import type { CallSettings } from './calls/deps.ts';
import type { CaptureDefaults } from './media/devices.ts';
import { resolveElement } from './media/playback.ts';
import { defaultIceServers, type ClientOptions, type MediaElementSource } from './options.ts';
import type { Platform } from './platform.ts';
import { isTelnyxHost } from './signaling/endpoint.ts';
import type { Session } from './signaling/session.ts';

/** An element where calls play or show, and the id by which the application named it. */
interface NamedElement {
  readonly element: HTMLMediaElement | null;
  readonly id: string | null;
}
const NOWHERE: NamedElement = { element: null, id: null };

/** What calls made from now on take from their client: its options, and what the application set on the client since. */
export class CallDefaults implements CallSettings {
  readonly #platform: Platform;
  readonly #options: ClientOptions;
  readonly #session: Session;
  readonly #capture: CaptureDefaults;
  #autoRecoverCalls: boolean;
  #iceServers: RTCIceServer[] | undefined;
  #ringtoneFile: string | undefined;
  #ringbackFile: string | undefined;
  #camId: string | undefined;
  #camLabel: string | undefined;
  #speaker: string | null = null;
  #local = NOWHERE;
  #remote = NOWHERE;

  constructor(
    platform: Platform,
    options: ClientOptions,
    session: Session,
    capture: CaptureDefaults,
  ) {
    this.#platform = platform;
    this.#options = options;
    this.#session = session;
    this.#capture = capture;
    this.#autoRecoverCalls = options.autoRecoverCalls ?? true;
    this.#ringtoneFile = options.ringtoneFile;
    this.#ringbackFile = options.ringbackFile;
    this.#iceServers = Array.isArray(options.iceServers) ? options.iceServers : undefined;
  }

  get login(): string | undefined {
    return this.#options.login;
  }
  get userVariables(): Readonly<Record<string, unknown>> | undefined {
    return this.#options.userVariables;
  }
  /** An anonymous session has one target only, so calls need no destination. */
  get anonymous(): boolean {
    return Boolean(this.#options.anonymous_login);
  }
  get debug(): boolean | undefined {
    return this.#options.debug;
  }
  get debugOutput(): 'socket' | 'file' | undefined {
    return this.#options.debugOutput;
  }
  get keepConnectionAliveOnSocketClose(): boolean | undefined {
    return this.#options.keepConnectionAliveOnSocketClose;
  }
  get mediaPermissionsRecovery(): CallSettings['mediaPermissionsRecovery'] {
    return this.#options.mediaPermissionsRecovery;
  }
  get autoRecoverCalls(): boolean {
    return this.#autoRecoverCalls;
  }
  set autoRecoverCalls(on: boolean) {
    this.#autoRecoverCalls = on;
  }

  // Candidates

  get trickleIce(): boolean | undefined {
    return this.#options.trickleIce;
  }
  get prefetchIceCandidates(): boolean | undefined {
    return this.#options.prefetchIceCandidates;
  }
  get forceRelayCandidate(): boolean | undefined {
    return this.#options.forceRelayCandidate;
  }
  /** What the application gave; undefined: nothing. */
  get iceServers(): RTCIceServer[] | undefined {
    return this.#iceServers;
  }
  set iceServers(servers: RTCIceServer[] | undefined) {
    this.#iceServers = servers;
  }
  get fallbackIceServers(): RTCIceServer[] {
    return isTelnyxHost(this.#session.endpoint) ? defaultIceServers(this.#options.env) : [];
  }

  // Microphone and camera

  get audio(): boolean | MediaTrackConstraints {
    return this.#capture.audio;
  }
  get video(): boolean | MediaTrackConstraints {
    return this.#options.video ?? false;
  }
  get micId(): string | undefined {
    return this.#capture.micId;
  }
  get micLabel(): string | undefined {
    return this.#capture.micLabel;
  }
  get mutedMicOnStart(): boolean | undefined {
    return this.#options.mutedMicOnStart;
  }
  get audioProcessor(): CallSettings['audioProcessor'] {
    return this.#options.audioProcessor;
  }
  get qualityThresholds(): CallSettings['qualityThresholds'] {
    return this.#options.qualityThresholds;
  }
  get camId(): string | undefined {
    return this.#camId;
  }
  set camId(id: string | undefined) {
    this.#camId = id;
  }
  get camLabel(): string | undefined {
    return this.#camLabel;
  }
  set camLabel(label: string | undefined) {
    this.#camLabel = label;
  }

  // Sound and picture

  get ringtoneFile(): string | undefined {
    return this.#ringtoneFile;
  }
  set ringtoneFile(url: string | undefined) {
    this.#ringtoneFile = url;
  }
  get ringbackFile(): string | undefined {
    return this.#ringbackFile;
  }
  set ringbackFile(url: string | undefined) {
    this.#ringbackFile = url;
  }
  get speakerId(): string | undefined {
    return this.#speaker ?? undefined;
  }
  get speaker(): string | null {
    return this.#speaker;
  }
  set speaker(deviceId: string | null) {
    this.#speaker = deviceId;
  }
  get localElement(): HTMLMediaElement | null {
    return this.#local.element;
  }
  get localElementId(): string | null {
    return this.#local.id;
  }
  set localSource(source: MediaElementSource | null) {
    this.#local = this.#named(source);
  }
  get remoteElement(): HTMLMediaElement | null {
    return this.#remote.element;
  }
  get remoteElementId(): string | null {
    return this.#remote.id;
  }
  set remoteSource(source: MediaElementSource | null) {
    this.#remote = this.#named(source);
  }

  #named(source: MediaElementSource | null): NamedElement {
    const id = typeof source === 'string' ? source : null;
    return { element: resolveElement(this.#platform, source), id };
  }
}
