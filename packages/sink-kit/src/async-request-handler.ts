/**
 * The base of sinks. It takes posts over TLS, proves who sent them, commits each to the inbox and only then answers; what is committed is handled
 * at least once, in order per conversation, also after a crash. It has no queue of its own: when the core takes nothing more, callers get 503.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  BotError,
  codeOf,
  CONTRACT,
  type Accepted,
  type HttpRequest,
  type HttpResponse,
  type Json,
  type Sink,
  type SinkContext,
  type SinkDelivery,
  type SinkHost,
  type SinkModule,
} from '@bot/core/backend'
import { createAuthenticator, type Authenticator } from './auth.ts'
import { refusesBrowsers } from './browsers.ts'
import { certificateCheck } from './certificate-commands.ts'
import { FailureLimit } from './failure-limit.ts'
import { readImage } from './image.ts'
import { problem, retryAfter } from './problem.ts'
import { refusalOf, type Refusal } from './refusal.ts'
import { RepeatWatch } from './repeat-watch.ts'
import { SinkRouter, type SinkRequest } from './router.ts'
import { readSeedBody } from './seed-body.ts'
import { isBlank, wordingOf } from './wording.ts'
import { curlExample, openDoor, type SinkDoor } from './sink-door.ts'
import { EchoSinkOptions, type SinkListenOptions } from './sink-options.ts'

/** The query of a post: every name with all its values. */
export type SinkQuery = Readonly<Record<string, readonly string[]>>

export interface SendDataOptions {
  /** The bytes of a PNG, JPEG, GIF or WebP. */
  readonly image?: Uint8Array | undefined
  readonly filename?: string | undefined
  /** Noted in the log at debug level. */
  readonly context?: Readonly<Record<string, Json>> | undefined
}

/** In synchronous mode a caller waits no longer than this for the handler; afterwards it gets 202 and the id. */
const SYNC_WAIT_MS = 25_000
const MAX_CONVERSATION_LENGTH = 256
const KEPT_HEADERS = ['content-type', 'user-agent']
const NO_STORE = { 'cache-control': 'no-store' }

/**
 * A subclass with an empty body is a complete sink: `POST /<conversation>` with `{"echo": "text", "image": {"base64encoded": "…"}}`. For another
 * payload override {@link processRequest}, and {@link check} to refuse what it could not handle.
 */
export class AsyncRequestHandler implements Sink {
  /** What runs a subclass as a sink: a configuration may name the class itself, `./sinks/mine` or `./sinks/mine#Mine`. */
  static get module(): SinkModule<SinkListenOptions> {
    return {
      kind: 'sink',
      name: this.name,
      contract: CONTRACT,
      options: EchoSinkOptions,
      doctor: [certificateCheck],
      create: (options, host) => new this(host, options),
    }
  }

  url?: string
  examples?: readonly string[]

  protected readonly host: SinkHost
  protected readonly options: SinkListenOptions
  readonly #authenticator: Authenticator
  readonly #failures: FailureLimit
  readonly #repeats = new RepeatWatch()
  /** Which delivery a call of `sendData` belongs to, however many are handled at once. */
  readonly #handling = new AsyncLocalStorage<{ readonly delivery: SinkDelivery; readonly context: SinkContext }>()
  #door: SinkDoor | undefined

  /** Throws `BOT_OPTIONS` where `auth` lacks its secret. */
  constructor(host: SinkHost, options: SinkListenOptions) {
    this.host = host
    this.options = options
    this.#failures = new FailureLimit(host.clock)
    this.#authenticator = createAuthenticator(options.auth, host.name, (secret) => host.secret(secret))
  }

  /** Adds the routes below the sink's path. A route that takes deliveries answers with {@link receive}; others may answer by themselves. */
  addRoutes(router: SinkRouter): void {
    router.on('POST', '/:conversation', (request) => this.receive(request))
    router.on('POST', '/:conversation/', (request) => this.receive(request))
  }

  /**
   * Handles one delivery; call {@link sendData} for what is to be said. `path` is the path that was posted to, percent-encoded. What it returns is kept,
   * and in synchronous mode is the answer. A throw is logged with sink and delivery, and the delivery tried again, so it may run more than once; what an
   * earlier run has said is not said twice. `SINK_PAYLOAD` gives up at once.
   */
  async processRequest(path: string, _query: SinkQuery, content: string): Promise<Json | undefined | void> {
    const { echo, image } = readSeedBody(content, this.#imageName())
    return this.sendData(conversationIn(path), echo, { image: image?.data, filename: image?.filename })
  }

  /**
   * Looks at a post before it is accepted; throw `SINK_PAYLOAD` with a sentence for the sender to have it answered 400. By default the body that the
   * default {@link processRequest} reads is checked; where a subclass has its own, everything is accepted unless it overrides this too.
   */
  check(_path: string, _query: SinkQuery, content: string): void | Promise<void> {
    if (this.processRequest === AsyncRequestHandler.prototype.processRequest) readSeedBody(content, 'image')
  }

  /** Proves who sent a request, over its raw bytes; throw `SINK_UNAUTHORIZED` otherwise. By default the option `auth` decides. */
  verify(request: HttpRequest): void | Promise<void> {
    this.#authenticator.verify(request)
  }

  /**
   * Says something in a conversation (an alias, a canonical identifier, or a room of the sink's backend). `text` is markdown. Resolves to `OK` when it
   * is in the outbox. Rejects with `BOT_CONTENT` outside {@link processRequest} or where there is nothing to say, with `SINK_PAYLOAD` for a file that is
   * no image, and with `SINK_CONVERSATION_UNKNOWN` or `SINK_CONVERSATION_FORBIDDEN`.
   */
  async sendData(conversationId: string, text: string, { image, filename, context }: SendDataOptions = {}): Promise<'OK'> {
    const handling = this.#handling.getStore()
    if (handling === undefined) {
      throw new BotError(
        'BOT_CONTENT',
        'sendData was called outside processRequest: it belongs to the delivery being handled, and there is none.',
      )
    }
    if (isBlank(text) && image === undefined) throw new BotError('BOT_CONTENT', 'sendData was given neither text nor an image.')
    const file = image === undefined ? undefined : readImage(image, filename, this.#imageName())
    if (typeof file === 'string') throw new BotError('SINK_PAYLOAD', `The image to send ${file}.`)
    const to = await this.host.conversation(conversationId)
    const files = file === undefined ? undefined : [{ name: file.filename, type: file.type, data: file.data }]
    await handling.context.send(to, files === undefined ? wordingOf(text) : { ...(!isBlank(text) && { text: wordingOf(text) }), files })
    handling.context.log.debug({ to: to.id, context }, 'said')
    return 'OK'
  }

  async start(): Promise<void> {
    const router = new SinkRouter()
    this.addRoutes(router)
    this.#door = await openDoor(this.host, this.options, (request) => this.#route(router, request))
    this.url = this.#door.url
    this.examples = [curlExample(this.url, this.options.auth)]
  }

  async stop(): Promise<void> {
    await this.#door?.close()
  }

  async handle(delivery: SinkDelivery, context: SinkContext): Promise<Json | undefined> {
    // A throw is logged by the core, with sink and delivery.
    const process = () => this.processRequest(delivery.path, queryOf(delivery.query), decodeUtf8(delivery.body))
    return (await this.#handling.run({ delivery, context }, process)) ?? undefined
  }

  /** Takes one request as a delivery: proof, conversation, check, commit, answer. Never rejects. */
  protected async receive(request: SinkRequest): Promise<HttpResponse> {
    try {
      await this.verify(request)
      const id = this.destination(request)
      const lane = id === undefined ? request.path : await this.#laneOf(id)
      const query = request.query.toString()
      await this.check(request.path, queryOf(query), decodeUtf8(request.body))
      return await this.#accept(request, query, lane)
    } catch (error) {
      return codeOf(error) === 'SINK_UNAUTHORIZED' ? this.#unauthorized(request) : this.#refuse(request, refusalOf(error), error)
    }
  }

  /** The conversation a request is addressed to, which must exist and be allowed before the post is accepted; undefined where the path names none. */
  protected destination(request: SinkRequest): string | undefined {
    return request.params['conversation']
  }

  /** The answer to an accepted post. */
  protected async answer(accepted: Accepted): Promise<HttpResponse> {
    if (this.options.mode !== 'sync') return acknowledgement(accepted.id)
    const waiting = new AbortController()
    const late = Symbol()
    try {
      const result = await Promise.race([accepted.done, this.host.clock.sleep(SYNC_WAIT_MS, waiting.signal).then(() => late)])
      if (result === late) return acknowledgement(accepted.id)
      if (result === undefined || typeof result === 'string') return plainText(result ?? 'OK')
      return { status: 200, headers: { 'content-type': 'application/json', ...NO_STORE }, body: JSON.stringify(result) }
    } catch {
      // The core has logged it, with sink and delivery.
      const detail = 'The post was kept but could not be handled yet; it is tried again by itself. Do not post it again.'
      return problem(503, { detail, reference: this.host.random.uuid(), headers: retryAfter(60_000), members: { id: accepted.id } })
    } finally {
      waiting.abort()
    }
  }

  async #route(router: SinkRouter, request: HttpRequest): Promise<HttpResponse> {
    const found = router.find(request.method, request.path)
    if ('route' in found) return found.route({ ...request, params: found.params })
    if (found.allow.length === 0) return this.#refuse(request, { status: 404, detail: 'There is nothing at this path.' })
    const allow = found.allow.join(', ')
    return this.#refuse(request, { status: 405, detail: `This path takes ${allow}.`, headers: { allow } })
  }

  async #laneOf(conversationId: string): Promise<string> {
    if (conversationId === '' || conversationId.length > MAX_CONVERSATION_LENGTH) {
      throw new BotError('SINK_CONVERSATION_UNKNOWN', 'The path names no conversation, or one whose name is too long.')
    }
    return (await this.host.conversation(conversationId)).id
  }

  async #accept(request: SinkRequest, query: string, lane: string): Promise<HttpResponse> {
    const { path, body, headers } = request
    const dedupe = idempotencyKey(headers['idempotency-key'])
    const trace = headers['traceparent']
    const accepted = await this.host.accept({
      path,
      query,
      body,
      lane,
      headers: Object.fromEntries(KEPT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))),
      ...(dedupe !== undefined && { dedupe }),
      ...(trace !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(trace) && { trace }),
    })
    // In durable mode nobody waits for it, and its failure has been logged.
    accepted.done.catch(() => undefined)
    if (dedupe !== undefined && this.#repeats.differs(dedupe, path, body)) {
      this.host.log.warn(
        { sink: this.host.name, delivery: accepted.id },
        'an Idempotency-Key came again with another body; the first post counts',
      )
    }
    const response = await this.answer(accepted)
    return accepted.duplicate ? { ...response, headers: { ...response.headers, 'idempotency-replayed': 'true' } } : response
  }

  #unauthorized(request: HttpRequest): HttpResponse {
    if (this.options.auth.type === 'none' && refusesBrowsers(request))
      return this.#refuse(request, { status: 403, detail: 'Requests from web pages are refused here.' })
    const pauseMs = this.#failures.fail(request.remoteAddress)
    if (pauseMs > 0)
      return this.#refuse(request, { status: 429, detail: 'Too many failed attempts. Try again later.', headers: retryAfter(pauseMs) })
    const headers = { 'www-authenticate': this.#authenticator.challenge }
    return this.#refuse(request, { status: 401, detail: 'The request carries no valid proof of who sent it.', headers })
  }

  #refuse(request: HttpRequest, refusal: Refusal, err?: unknown): HttpResponse {
    const reference = this.host.random.uuid()
    const { status, detail } = refusal
    const fields = { reference, status, detail, sink: this.host.name, method: request.method, remoteAddress: request.remoteAddress }
    if (status >= 500) this.host.log.error({ ...fields, err }, 'a post could not be taken')
    else this.host.log.info(fields, 'a post was refused')
    return problem(status, { ...refusal, reference })
  }

  /** The same on every run of a delivery. */
  #imageName(): string {
    const receivedAt = this.#handling.getStore()?.delivery.receivedAt ?? this.host.clock.now()
    return String(Math.floor(receivedAt / 1000))
  }
}

/** The conversation in a path such as `/lobby` or `/lobby/`: its first segment, decoded. */
export function conversationIn(path: string): string {
  return decodeURIComponent(path.split('/')[1] ?? '')
}

export function plainText(text: string): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8', ...NO_STORE }, body: text }
}

function acknowledgement(id: string): HttpResponse {
  return { status: 202, headers: { 'content-type': 'application/json', ...NO_STORE }, body: JSON.stringify({ id }) }
}

function queryOf(query: string): SinkQuery {
  const parameters = new URLSearchParams(query)
  const lists = Object.create(null) as Record<string, readonly string[]>
  for (const name of parameters.keys()) lists[name] = parameters.getAll(name)
  return lists
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new BotError('SINK_PAYLOAD', 'The body is not valid UTF-8.')
  }
}

function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  if (!/^[\x21-\x7e][\x20-\x7e]{0,199}$/.test(header)) {
    throw new BotError('SINK_PAYLOAD', 'The Idempotency-Key must have 1 to 200 printable ASCII characters.')
  }
  return header
}
