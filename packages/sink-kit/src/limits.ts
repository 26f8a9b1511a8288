/** How long and how much a peer may take. The defaults keep slow and idle peers from using up the listener. */
export interface ListenerLimits {
  /** For the whole head of a request. */
  readonly headersTimeoutMs: number
  /** For the whole request; afterwards 408. */
  readonly requestTimeoutMs: number
  /** How often the two above are looked at. */
  readonly checkIntervalMs: number
  readonly handshakeTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** For a peer that takes nothing of its answer. */
  readonly writeTimeoutMs: number
  /** For requests under way when the listener closes. */
  readonly closeTimeoutMs: number
  readonly maxHeaders: number
  readonly maxHeaderBytes: number
  readonly maxConnections: number
  readonly maxRequestsPerSocket: number
}

export const DEFAULT_LIMITS: ListenerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  checkIntervalMs: 1000,
  handshakeTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  writeTimeoutMs: 30_000,
  closeTimeoutMs: 5000,
  maxHeaders: 100,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 5000,
  maxRequestsPerSocket: 1000,
}
