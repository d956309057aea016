export type SipProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A way to one peer: a connection, or the pair of addresses of datagrams (RFC 5626's word). */
export interface Flow {
  readonly protocol: SipProtocol;
  /** A stream: nothing needs to be sent again. */
  readonly isReliable: boolean;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly isClosed: boolean;
  /** Of a connection: it was there, if only for a moment. */
  readonly wasOpen?: boolean;
  /**
   * Of datagrams: a connection to the same peer, for a request that is too large for one (RFC 3261, 18.1.1). It may still be made; null
   * where the peer takes none.
   */
  readonly overStream?: () => Flow | null;
  /** False when it could not be handed to the network. Never throws. */
  send(data: string): boolean;
  /** Ends a connection; of datagrams there is nothing to end. */
  close(): void;
}
