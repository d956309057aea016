/** The ten gateway states that a client knows (wire spec 5.2); others are allowed and mean nothing to it. */
export const GATEWAY_STATES = [
  'REGED',
  'REGISTER',
  'UNREGED',
  'NOREG',
  'FAILED',
  'FAIL_WAIT',
  'TIMEOUT',
  'TRYING',
  'EXPIRED',
  'UNREGISTER',
] as const;

export type GatewayState = (typeof GATEWAY_STATES)[number];

export function isGatewayState(state: unknown): state is GatewayState {
  return (GATEWAY_STATES as readonly unknown[]).includes(state);
}

/** Call states by their order; "before active" means a lower number than `active` (wire spec 10). */
export const CALL_STATES = {
  new: 0,
  requesting: 1,
  trying: 2,
  recovering: 3,
  ringing: 4,
  answering: 5,
  early: 6,
  active: 7,
  held: 8,
  hangup: 9,
  destroy: 10,
  purge: 11,
} as const;

export type CallState = keyof typeof CALL_STATES;

/** What a `presence.*` channel of FreeSWITCH says of a call. */
export type ChannelCallState =
  'DOWN' | 'RINGING' | 'EARLY' | 'ACTIVE' | 'HELD' | 'UNHELD' | 'HANGUP';
