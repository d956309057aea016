import { describe, expect, it } from 'vitest';
import { TelnyxRTC } from './client.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { fakeSdp } from './testing/fake-peer-connection.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { FakeWebRtc } from './testing/fake-webrtc.ts';

describe('Callers of a client', () => {
  it('are refused while it signs out, and ring again after the next connect()', async () => {
    const platform = new FakePlatform({ webrtc: new FakeWebRtc() });
    const gateway = new FakeGateway(platform);
    const client = new TelnyxRTC({ host: 'ws://gw.test', login: '1001', password: 'p' }, platform);
    await client.connect({});
    const invite = (callID: string) =>
      gateway.send(platform.socket, 'invite', { callID, sdp: fakeSdp(), caller_id_number: '1003' });
    client.trackCallReportUpload(new Promise(() => undefined));
    const gone = client.disconnect();
    invite('late');
    await settle();
    expect(client.calls).toEqual({});
    await platform.clock.advance(20_000);
    await gone;
    await client.connect({});
    invite('next');
    await settle();
    expect(client.calls['next']?.state).toBe('ringing');
    const over = client.disconnect();
    await platform.clock.advance(20_000);
    await over;
  });
});
