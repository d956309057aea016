import { makeAnswer, makeOffer } from './descriptions.ts';
import { Samples } from './samples.ts';

/** One end's media: a description of it, and the packets where there are any. */
export interface MediaEnd {
  offer(): Promise<string>;
  /** Takes an offer and returns the answer. */
  answer(offer: string): Promise<string>;
  /** Takes the answer to {@link offer}. */
  accept(answer: string): Promise<void>;
  close(): Promise<void>;
}

/** What the ends of a run heard together. */
export interface RtpTotals {
  /** Ends whose ICE and DTLS came up. */
  connected: number;
  sent: number;
  received: number;
  /** By gaps in the sequence numbers. */
  lost: number;
  /** One way, in this process: from before the packet is encrypted to after it is decrypted. */
  delay: Samples;
}

export const noPackets = (): RtpTotals => ({
  connected: 0,
  sent: 0,
  received: 0,
  lost: 0,
  delay: new Samples(),
});

/** For a load of signalling alone. */
export const silentEnd: MediaEnd = {
  offer: () => Promise.resolve(makeOffer()),
  answer: (offer) => Promise.resolve(makeAnswer(offer)),
  accept: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
