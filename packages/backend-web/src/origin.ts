import type { HttpRequest } from '@bot/core/backend'
import { isLoopbackName } from './options.ts'

type Asked = Pick<HttpRequest, 'headers' | 'secure'>

/**
 * Tells the page's own requests from those another site makes a browser send. Without it any website could open a socket here (cross-site WebSocket
 * hijacking), or point its name at 127.0.0.1 and read the answers (DNS rebinding).
 */
export class OriginGuard {
  readonly #allowed: ReadonlySet<string>
  readonly #allowedHosts: ReadonlySet<string>
  readonly #loopback: boolean

  constructor(allowedOrigins: readonly string[], loopback: boolean) {
    this.#allowed = new Set(allowedOrigins.map((origin) => new URL(origin).origin))
    this.#allowedHosts = new Set(allowedOrigins.map((origin) => new URL(origin).host))
    this.#loopback = loopback
  }

  /** On loopback the Host header must mean this machine. */
  hostAllowed(request: Asked): boolean {
    const host = request.headers['host']
    if (host === undefined) return false
    if (!this.#loopback || this.#allowedHosts.has(host)) return true
    return isLoopbackName(host.replace(/:\d{1,5}$/, ''))
  }

  /** The Origin header must be the page's own. */
  originAllowed(request: Asked): boolean {
    const origin = request.headers['origin']
    if (origin === undefined) return false
    return this.#allowed.has(origin) || origin === `${request.secure ? 'https' : 'http'}://${request.headers['host'] ?? ''}`
  }

  /** For requests that change something; programs other than browsers send no Origin and bring no browser's rights with them. */
  requestAllowed(request: Asked): boolean {
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    return request.headers['origin'] === undefined || this.originAllowed(request)
  }
}
