import { expect } from 'vitest';
import type { Codec } from '../../media/media-plane.ts';
import { fakeSdp } from '../../media/testing/fake-media-plane.ts';
import type { WireClient } from '../../signaling/testing/wire-client.ts';
import type { SipResponse } from '../core/message.ts';
import type { SipSetting } from './setting.ts';
import { phoneSdp } from './sip-peer.ts';

/** A call that the network placed. */
export interface PeerCall {
  readonly callId: string;
  /** Our To, with our tag. */
  readonly to: string;
  readonly answer: SipResponse;
}

/** The network calls a number, and is answered. */
export async function called(
  { peer, sip }: SipSetting,
  number: string,
  callId: string,
  answer: () => Promise<unknown> = () => Promise.resolve(),
): Promise<PeerCall> {
  const uri = `sip:${number}@127.0.0.1`;
  const invite = peer.ask(sip.port, 'INVITE', uri, { body: phoneSdp(), callId });
  await answer();
  const response = await peer.response('INVITE');
  expect(response.status).toBe(200);
  peer.acknowledge(sip.port, invite, response);
  return { callId, to: response.headers.get('To') ?? '', answer: response };
}

/** A page that is asked to talk elsewhere does so, with all codecs or with one. Returns the call's id. */
export async function follow(client: WireClient, codec?: Codec): Promise<string> {
  const { params } = await client.next('attach');
  const callID = String(params?.['callID']);
  await client.request('attach', {
    sessid: client.sessid,
    sdp: codec === undefined ? fakeSdp('again') : fakeSdp('again', codec),
    dialogParams: { callID },
  });
  return callID;
}
