import { type HttpRequest, type HttpResponse, type Logger, type Random } from '@bot/core/backend'
import { type MountTable, type Mounted } from './mounts.ts'
import { problem, retryAfter } from './problem.ts'

/** A request whose head has arrived: what every transport makes of its own kind of request. */
export interface Arrival extends Pick<HttpRequest, 'method' | 'headers' | 'remoteAddress' | 'secure' | 'signal'> {
  /** Path and query as they stood in the request line. */
  readonly target: string
  /** Reads the body; undefined as soon as it turns out larger than allowed. */
  readBody(maxBytes: number): Promise<Uint8Array | undefined>
}

export interface ExchangeServices {
  readonly log: Logger
  readonly random: Random
}

/** An answer after which the connection is not used again, because the rest of the request was not read. */
export interface Answer {
  readonly response: HttpResponse
  readonly close: boolean
}

const MAX_PATH_LENGTH = 2048
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024
const RETRY_MS = 5000

/** Answers one request from what is mounted. Never rejects: whatever a handler throws is logged under a reference and answered 503. */
export async function exchange(arrival: Arrival, mounts: MountTable, services: ExchangeServices): Promise<Answer> {
  const { log, random } = services
  const refuse = (status: number, detail: string, headers?: Readonly<Record<string, string>>): Answer => {
    const reference = random.uuid()
    log.info({ reference, status, method: arrival.method, remoteAddress: arrival.remoteAddress, detail }, 'request refused')
    return { response: problem(status, { detail, reference, ...(headers && { headers }) }), close: true }
  }

  const target = parseTarget(arrival.target)
  if (typeof target === 'string') return refuse(400, target)
  const found = mounts.find(target.path)
  if (found === undefined) return refuse(404, 'There is nothing at this path.')
  const { mounted } = found

  const encoding = arrival.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return refuse(415, 'The body must be sent as it is, without a content encoding.', { 'accept-encoding': 'identity' })
  }
  const maxBytes = mounted.options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES
  const tooLarge = `The body may have at most ${maxBytes} bytes.`
  if (Number(arrival.headers['content-length'] ?? 0) > maxBytes) return refuse(413, tooLarge)
  let body: Uint8Array | undefined
  try {
    body = await arrival.readBody(maxBytes)
  } catch (err) {
    // The peer went away or was too slow: the transport has answered what there was to answer.
    log.debug({ err, remoteAddress: arrival.remoteAddress }, 'the body did not arrive')
    return refuse(400, 'The body did not arrive.')
  }
  if (body === undefined) return refuse(413, tooLarge)

  const request: HttpRequest = {
    method: arrival.method,
    path: found.path,
    query: target.query,
    headers: arrival.headers,
    body,
    remoteAddress: arrival.remoteAddress,
    secure: arrival.secure,
    signal: arrival.signal,
  }
  return { response: await callHandler(mounted, request, services), close: false }
}

async function callHandler(mounted: Mounted, request: HttpRequest, { log, random }: ExchangeServices): Promise<HttpResponse> {
  const run = async (): Promise<HttpResponse> => {
    try {
      return await mounted.handler(request)
    } catch (err) {
      const reference = random.uuid()
      log.error({ err, reference, owner: mounted.options.owner, method: request.method }, 'a request failed')
      const detail = 'The request could not be handled. Try again later; the log has the details under the reference.'
      return problem(503, { detail, reference, headers: retryAfter(RETRY_MS) })
    }
  }
  const response = run()
  mounted.underway.add(response)
  try {
    return await response
  } finally {
    mounted.underway.delete(response)
  }
}

/** Path (still percent-encoded) and query of a request target, or a sentence on why it is refused. */
export function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } | string {
  if (!target.startsWith('/')) return 'The request line must hold a path, not a whole address.'
  if (/[\\#\p{Cc}]/u.test(target)) return 'The path holds a character that must be percent-encoded.'
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (path.length > MAX_PATH_LENGTH) return `The path may have at most ${MAX_PATH_LENGTH} characters.`
  if (path.startsWith('//')) return 'The path may not begin with two slashes.'
  let segments: string[]
  try {
    segments = path.split('/').map((segment) => decodeURIComponent(segment))
  } catch {
    return 'The path is not percent-encoded UTF-8.'
  }
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'The path may not hold "." or ".." as a segment.'
  if (segments.some((segment) => /\p{Cc}/u.test(segment))) return 'The path may not hold control characters.'
  return { path, query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)) }
}
