import { describe, expect, it } from 'vitest';
import { endpointOf, httpOrigin, isTelnyxHost, socketUrl, type EndpointState } from './endpoint.ts';
import type { IClientOptions } from '../options.ts';

const FIRST: EndpointState = { voiceSdkId: undefined, avoidLast: false, canaryReached: false };
const AGAIN: EndpointState = { ...FIRST, voiceSdkId: 'V' };

describe('socketUrl', () => {
  const cases: [title: string, options: IClientOptions, state: EndpointState, url: string][] = [
    ['no option: the default host', {}, FIRST, 'wss://rtc.telnyx.com/'],
    ['env production is the default host', { env: 'production' }, FIRST, 'wss://rtc.telnyx.com/'],
    ['region picks a host of the service', { region: 'eu' }, FIRST, 'wss://eu.rtc.telnyx.com/'],
    [
      'env and region combine; a stored token goes along',
      { env: 'development', region: 'apac' },
      AGAIN,
      'wss://apac.rtcdev.telnyx.com/?voice_sdk_id=V',
    ],
    ['host gets wss', { host: 'my.host:1234' }, AGAIN, 'wss://my.host:1234/?voice_sdk_id=V'],
    [
      'host keeps ws, port, path and query',
      { host: 'ws://x.test:1234/path?y=1' },
      FIRST,
      'ws://x.test:1234/path?y=1',
    ],
    [
      'region with a host is a parameter and never mangles the host',
      { host: 'webrtc.example.com', region: 'eu' },
      FIRST,
      'wss://webrtc.example.com/?region=eu',
    ],
    [
      'canary: the first connection drops the token',
      { useCanaryRtcServer: true },
      AGAIN,
      'wss://rtc.telnyx.com/?canary=true',
    ],
    [
      'canary: later ones keep it',
      { useCanaryRtcServer: true },
      { ...AGAIN, canaryReached: true },
      'wss://rtc.telnyx.com/?voice_sdk_id=V&canary=true',
    ],
    [
      'skipLastVoiceSdkId and skipTrailing',
      { skipLastVoiceSdkId: true, skipTrailing: true },
      AGAIN,
      'wss://rtc.telnyx.com/?voice_sdk_id=V&skip_last_voice_sdk_id=true&skip_trailing=true',
    ],
    [
      'skipLastVoiceSdkId without a token says nothing',
      { skipLastVoiceSdkId: true },
      FIRST,
      'wss://rtc.telnyx.com/',
    ],
    [
      'after a gateway failure the last back end is avoided',
      {},
      { ...AGAIN, avoidLast: true },
      'wss://rtc.telnyx.com/?voice_sdk_id=V&skip_last_voice_sdk_id=true',
    ],
    ['rtcIp replaces the default host, 443', { rtcIp: '192.0.2.7' }, AGAIN, 'wss://192.0.2.7/'],
    ['rtcIp and rtcPort', { rtcIp: '192.0.2.7', rtcPort: 99 }, AGAIN, 'wss://192.0.2.7:99/'],
    [
      'rtcIp on loopback is ws',
      { rtcIp: '127.0.0.1', rtcPort: 8080 },
      FIRST,
      'ws://127.0.0.1:8080/',
    ],
    ['IPv6 loopback is ws in brackets', { rtcIp: '::1', rtcPort: 8080 }, FIRST, 'ws://[::1]:8080/'],
    ['IPv6 gets brackets', { rtcIp: '2001:db8::7' }, FIRST, 'wss://[2001:db8::7]/'],
    [
      'IPv6 may come with brackets',
      { rtcIp: '[2001:db8::7]', rtcPort: 99 },
      FIRST,
      'wss://[2001:db8::7]:99/',
    ],
    [
      'rtcPort alone replaces the port of the default host',
      { rtcPort: 99 },
      FIRST,
      'wss://rtc.telnyx.com:99/',
    ],
    [
      'rtcIp and rtcPort with a host steer, without token and canary',
      { host: 'gw.example', rtcIp: '192.0.2.7', rtcPort: 99, useCanaryRtcServer: true },
      AGAIN,
      'wss://gw.example/?rtc_ip=192.0.2.7&rtc_port=99',
    ],
  ];
  it.each(cases)('%s', (_title, options, state, url) => {
    expect(socketUrl(options, state)).toBe(url);
  });

  it('never holds credentials', () => {
    const url = socketUrl({ login: 'u', password: 'secret-p', login_token: 'secret-t' }, AGAIN);
    expect(url).not.toMatch(/secret/);
  });

  it('throws on an address that is none', () => {
    expect(() => socketUrl({ host: 'ws://' }, FIRST)).toThrow(TypeError);
  });
});

describe('the gateway behind the address', () => {
  it('is asked for by its HTTP origin, without region and path', () => {
    expect(httpOrigin({ host: 'ws://127.0.0.1:8080/ws?x=1' })).toBe('http://127.0.0.1:8080');
    expect(httpOrigin({})).toBe('https://rtc.telnyx.com');
  });
  it('is the default service only on its own hosts', () => {
    expect(isTelnyxHost({ region: 'eu' })).toBe(true);
    expect(isTelnyxHost({ host: 'wss://rtc.telnyx.com' })).toBe(true);
    expect(isTelnyxHost({ host: 'wss://eviltelnyx.com' })).toBe(false);
    expect(isTelnyxHost({ rtcIp: '192.0.2.7' })).toBe(false);
    expect(endpointOf({ host: 'gw.example' }).host).toBe('gw.example');
  });
});
