/** Listening for others: the contract between whoever serves (an extension of kind `listener`) and whoever is mounted. */

export interface HttpRequest {
  readonly method: string
  /** The path below the mount's prefix, still percent-encoded, beginning with `/`. */
  readonly path: string
  readonly query: URLSearchParams
  /** Lower-case names; a header that came several times is joined with `, `. A null-prototype object. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The raw bytes, complete: size and time limits have been kept before the handler is called. */
  readonly body: Uint8Array
  /** The peer's address, IPv4-mapped IPv6 written as IPv4. */
  readonly remoteAddress: string
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** Aborted when the peer goes away or the listener closes. */
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
}

/** Never throws for bad input: that is a response. A throw becomes a 503 with the reference number of a log record. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>

/**
 * How the mounted thing knows who calls. `none` is refused on a listener that is reachable from beyond this machine; `self` says that the
 * handler checks a token, a signature or a login by itself.
 */
export type MountAuth = 'none' | 'self'

export interface MountOptions {
  readonly auth: MountAuth
  /** Who mounts, for messages and logs: `sink generic`, `backend web`. */
  readonly owner: string
  /** A larger body is answered 413 and not read further. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Takes over WebSocket upgrades below the prefix. `socket` is a `node:stream` Duplex; `raw` the `node:http` IncomingMessage. */
  readonly upgrade?: (request: UpgradeRequest) => void
}

export interface UpgradeRequest extends Omit<HttpRequest, 'body' | 'signal'> {
  /** For `ws`' `handleUpgrade(raw, socket, head, …)`. */
  readonly raw: unknown
  readonly socket: unknown
  readonly head: Uint8Array
}

export interface Mount {
  /** The address of the mount, such as `https://127.0.0.1:9002/`. */
  readonly url: string
  /** Takes the mount away; requests under way are finished. */
  unmount(): Promise<void>
}

export interface HttpHost {
  /** Where it listens, such as `https://127.0.0.1:9002`. */
  readonly url: string
  /** Whether only this machine can reach it. */
  readonly loopback: boolean
  readonly secure: boolean
  /**
   * Serves what lies below `prefix` (`/`, or `/name`; the longest prefix wins). Throws `LISTENER_PATH` where the prefix is taken and
   * `LISTENER_EXPOSED` for `auth: 'none'` on a listener that others can reach.
   */
  mount(prefix: string, handler: HttpHandler, options: MountOptions): Mount
  /** Stops listening, lets requests under way finish, then closes. */
  close(): Promise<void>
}
