import type { Platform } from './platform.ts';

export interface IWebRTCInfo {
  /** The user agent. */
  browserInfo: string;
  /** `Chrome`, `Firefox`, `Safari`, `Edg`, `OPR`; '' when not recognised. */
  browserName: string;
  browserVersion: number;
  /** Calls can be made here: peer connections and a microphone are to be had. */
  supportWebRTC: boolean;
  supportWebRTCAudio: boolean;
  supportWebRTCVideo: boolean;
  supportRTCPeerConnection: boolean;
  supportSessionDescription: boolean;
  supportIceCandidate: boolean;
  supportMediaDevices: boolean;
  supportGetUserMedia: boolean;
}

export interface IWebRTCBrowser {
  browserName: string;
  features?: string[];
  supported: 'full' | 'partial' | 'not supported';
}

export interface IWebRTCSupportedBrowser {
  operationSystem: string;
  supported: IWebRTCBrowser[];
}

// Most names in a user agent are other browsers' names, so the particular ones come first.
const NAMES =
  /(Edg|OPR|Firefox|FxiOS|CriOS|Chrome|Chromium)(?:A|iOS)?\/(\d+)|Version\/(\d+).*(Safari)/;
const ALIASES: Readonly<Record<string, string>> = {
  FxiOS: 'Firefox',
  CriOS: 'Chrome',
  Chromium: 'Chrome',
};

/** What this browser can do, found by looking for it, not by its name. Always an object, also outside a browser. */
export function webRTCInfo(platform: Platform): IWebRTCInfo {
  const { userAgent } = platform;
  const named = /(Edg|OPR)(?:A|iOS)?\/(\d+)/.exec(userAgent) ?? NAMES.exec(userAgent) ?? [];
  const name = named[1] ?? named[4] ?? '';
  const has = (what: keyof Platform): boolean => typeof platform[what] === 'function';
  const peer = has('RTCPeerConnection');
  const media = typeof platform.mediaDevices?.getUserMedia === 'function';
  return {
    browserInfo: userAgent,
    browserName: ALIASES[name] ?? name,
    browserVersion: Number(named[2] ?? named[3] ?? 0),
    supportWebRTC: peer && media,
    supportWebRTCAudio: peer && media,
    supportWebRTCVideo: peer && media,
    supportRTCPeerConnection: peer,
    supportSessionDescription: peer,
    supportIceCandidate: peer,
    supportMediaDevices: platform.mediaDevices !== undefined,
    supportGetUserMedia: media,
  };
}

const BROWSERS = ['Chrome', 'Firefox', 'Safari', 'Edge'];

/** Browsers in their present versions. Where one does not exist on a system it is `not supported`. */
export function webRTCSupportedBrowserList(): IWebRTCSupportedBrowser[] {
  return ['Android', 'iOS', 'Linux', 'MacOS', 'Windows'].map((operationSystem) => ({
    operationSystem,
    supported: BROWSERS.map((browserName) =>
      browserName === 'Safari' && !operationSystem.endsWith('OS')
        ? { browserName, supported: 'not supported' }
        : { browserName, features: ['video', 'audio'], supported: 'full' },
    ),
  }));
}
