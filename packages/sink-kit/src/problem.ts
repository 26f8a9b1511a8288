import { STATUS_CODES } from 'node:http'
import { type HttpResponse, type Json } from '@bot/core/backend'

export interface ProblemOptions {
  /** What the caller can know and do; never anything internal. */
  readonly detail: string
  /** Under which the log has more. */
  readonly reference: string
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the body. */
  readonly members?: Readonly<Record<string, Json>>
}

/** An error answer as `application/problem+json` (RFC 9457). */
export function problem(status: number, options: ProblemOptions): HttpResponse {
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: options.detail,
    instance: `urn:uuid:${options.reference}`,
    ...options.members,
  }
  return { status, headers: { 'content-type': 'application/problem+json', ...options.headers }, body: JSON.stringify(body) }
}

/** For how long to stay away, as the header wants it: whole seconds, at least one. */
export function retryAfter(ms: number): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) }
}
