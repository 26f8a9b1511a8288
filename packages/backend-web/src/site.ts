import { BotError, type BackendHost, type HttpHandler, type HttpRequest, type HttpResponse } from '@bot/core/backend'
import { loadAssets, type Asset } from './assets.ts'
import type { Chat } from './chat.ts'
import type { WebOptions } from './options.ts'
import type { OriginGuard } from './origin.ts'
import { CLOSE } from './protocol.ts'
import type { Session, Sessions, LoginRequest } from './sessions.ts'

/*
 * The page's HTTP side:
 *
 *   GET  /                  the page            GET  /page/<file>          its scripts and styles
 *   GET  /settings          how to log in       POST|DELETE /session       log in, log out
 *   POST /files             a file to send      GET  /files/<id>/<name>    a file somebody sent
 *
 * The session travels in the Authorization header, never in an address.
 */

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const SECURITY: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

export interface SiteServices {
  readonly chat: Chat
  readonly sessions: Sessions
  readonly guard: OriginGuard
  readonly options: WebOptions
  readonly host: BackendHost
}

/** The handler to mount below `base`, which is the prefix without a slash at its end. */
export async function createSite(services: SiteServices, base: string): Promise<HttpHandler> {
  const assets = await loadAssets(base)
  return async (request) => {
    const response = await answer(services, assets, request)
    return { ...response, headers: { 'cache-control': 'no-store', ...SECURITY, ...response.headers } }
  }
}

async function answer(services: SiteServices, assets: ReadonlyMap<string, Asset>, request: HttpRequest): Promise<HttpResponse> {
  const { guard, options, sessions } = services
  const { method, path } = request
  if (!guard.hostAllowed(request)) return refusal(403, 'This page answers only under its own address. See "allowedOrigins" to add another.')
  if (method === 'GET' || method === 'HEAD') {
    const asset = assets.get(path)
    if (asset !== undefined) return serveAsset(asset, request)
    if (path === '/settings') return json(200, { title: options.title, auth: options.auth.type })
    if (path.startsWith('/files/')) return download(services, request)
    return refusal(404, 'There is nothing here.')
  }
  if (!guard.requestAllowed(request)) return refusal(403, 'The request came from another site.')
  if (path === '/session' && method === 'POST') return login(services, request)
  if (path === '/session' && method === 'DELETE') {
    const session = sessionOf(sessions, request)
    if (session !== undefined) {
      await sessions.logout(session)
      services.chat.hub.closeSession(session, CLOSE.badSession, 'logged out')
    }
    return { status: 204 }
  }
  if (path === '/files' && method === 'POST') return upload(services, request)
  return refusal(404, 'There is nothing here.')
}

function serveAsset(asset: Asset, request: HttpRequest): HttpResponse {
  const headers = { etag: asset.etag, 'cache-control': 'no-cache' }
  if (request.headers['if-none-match'] === asset.etag) return { status: 304, headers }
  return { status: 200, headers: { ...headers, 'content-type': asset.type }, body: request.method === 'HEAD' ? '' : asset.body }
}

async function login({ sessions }: SiteServices, request: HttpRequest): Promise<HttpResponse> {
  if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json') return refusal(415, 'A login is sent as JSON.')
  const given = decodeLogin(request.body)
  if (given === undefined) return refusal(400, 'A login holds a name, a password or a token, all of them text.')
  const result = await sessions.login(given, request.remoteAddress)
  if (!result.ok) return refusal(result.status, result.reason)
  return json(200, { session: result.token, id: result.session.person, name: result.session.name })
}

function decodeLogin(body: Uint8Array): LoginRequest | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const request: { name?: string; password?: string; token?: string } = {}
    for (const key of ['name', 'password', 'token'] as const) {
      const part: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
      if (part !== undefined && (typeof part !== 'string' || part.length > 1000)) return undefined
      if (part !== undefined) request[key] = part
    }
    return request
  } catch {
    return undefined
  }
}

async function upload({ sessions, chat, options }: SiteServices, request: HttpRequest): Promise<HttpResponse> {
  const session = sessionOf(sessions, request)
  if (session === undefined) return refusal(401, 'Log in first.')
  if (request.body.byteLength > options.maxFileBytes) return refusal(413, 'The file is too large.')
  if (request.body.byteLength === 0) return refusal(400, 'The file is empty.')
  if (chat.files.isFull(session.person)) return refusal(429, 'There are many uploads that were never sent. Send or remove some.')
  const name = decoded(request.headers['x-file-name'] ?? 'file')
  if (name === undefined) return refusal(400, 'The file name is not percent-encoded UTF-8.')
  const type = request.headers['content-type']
  const claimed = type !== undefined && /^[\w.+-]{1,60}\/[\w.+-]{1,80}$/.test(type) ? { type } : {}
  const file = await chat.files.add(request.body, { name, by: session.person, ...claimed })
  return json(201, {
    id: file.id,
    name: file.name,
    type: file.type,
    sizeBytes: file.sizeBytes,
    ...(file.image === true && { image: true }),
  })
}

async function download({ sessions, chat }: SiteServices, request: HttpRequest): Promise<HttpResponse> {
  const session = sessionOf(sessions, request)
  if (session === undefined) return refusal(401, 'Log in first.')
  const file = chat.files.find(request.path.split('/')[2] ?? '')
  const message = file?.message === undefined ? undefined : chat.archive.find(file.message)
  const allowed = file?.by === session.person || (message !== undefined && chat.canSee(message, session.person))
  if (file === undefined || !allowed) return refusal(404, 'There is no such file.')
  const picture = file.image === true
  const headers = {
    'content-type': picture ? file.type : 'application/octet-stream',
    'content-length': String(file.sizeBytes),
    'content-disposition': `${picture ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeHeader(file.name)}`,
    'cache-control': 'private, max-age=86400, immutable',
  }
  return { status: 200, headers, body: request.method === 'HEAD' ? '' : await chat.files.read(file.id) }
}

function sessionOf(sessions: Sessions, request: HttpRequest): Session | undefined {
  const [scheme, token] = (request.headers['authorization'] ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' ? sessions.find(token) : undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function encodeHeader(name: string): string {
  if (!name.isWellFormed()) throw new BotError('BACKEND_REFUSED', 'A file name is not text.')
  return encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function json(status: number, value: object): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

function refusal(status: number, message: string): HttpResponse {
  return json(status, { message })
}
