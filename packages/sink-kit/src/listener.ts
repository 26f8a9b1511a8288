/**
 * An HTTPS listener on node:https itself: no framework between the bytes of a request and whoever checks a signature over them. What is slow, too
 * large or ambiguous is answered here and never reaches a handler. It serves HTTP/1.1; HTTP/2 and client certificates are not offered.
 */
import { once } from 'node:events'
import { createServer as createPlainServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, type Socket } from 'node:net'
import { type Duplex } from 'node:stream'
import {
  BotError,
  type Clock,
  type HttpHandler,
  type HttpHost,
  type Logger,
  type Mount,
  type MountOptions,
  type Random,
} from '@bot/core/backend'
import { addressError, hostInUrl, isLoopback, plainAddress } from './address.ts'
import { watchCertificate, type CertificateWatch } from './certificate-watch.ts'
import { makeOneWith, readCertificate, TLS_SETTINGS, type CertificateFiles } from './certificate.ts'
import { exchange, parseTarget } from './exchange.ts'
import { DEFAULT_LIMITS, type ListenerLimits } from './limits.ts'
import { MountTable } from './mounts.ts'
import { ambiguity, arrivalOf, headOf, writeAnswer, writeRaw } from './node-exchange.ts'
import { problem } from './problem.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Without it the listener speaks plain HTTP, and only to this machine. */
  readonly tls?: CertificateFiles
  readonly limits?: Partial<ListenerLimits>
}

export interface ListenerServices {
  /** What messages call this listener: `sink generic`, `listener main`. */
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  /** Relative paths start here. */
  readonly appDir: string
}

const DROP_NOTE_MS = 60_000

/**
 * Opens a listener. Resolves when it listens; rejects with `LISTENER_CERTIFICATE`, `LISTENER_ADDRESS` or, for plain HTTP beyond this machine,
 * `LISTENER_EXPOSED`.
 */
export async function openListener(options: ListenOptions, services: ListenerServices): Promise<HttpHost> {
  const host = plainAddress(options.host)
  if (options.tls === undefined && !isLoopback(host)) {
    throw new BotError(
      'LISTENER_EXPOSED',
      `${services.name} would speak plain HTTP on ${host}, which others can reach. Set "certfile", or bind to 127.0.0.1. ${makeOneWith('certificate.pem')}`,
    )
  }
  const listener = new Listener(host, options, services)
  await listener.open(options.port)
  return listener
}

class Listener implements HttpHost {
  readonly secure: boolean
  loopback: boolean
  url = ''

  readonly #host: string
  readonly #tls: CertificateFiles | undefined
  readonly #limits: ListenerLimits
  readonly #services: ListenerServices
  readonly #mounts = new MountTable()
  readonly #sockets = new Set<Socket>()
  readonly #underway = new Set<Promise<void>>()
  readonly #current = new WeakMap<Socket, ServerResponse>()
  readonly #stopped = new AbortController()
  #server: Server | undefined
  #certificateWatch: CertificateWatch | undefined
  #closing: Promise<void> | undefined
  #dropped = 0
  #dropNotedAt = Number.NEGATIVE_INFINITY

  constructor(host: string, options: ListenOptions, services: ListenerServices) {
    this.#host = host
    this.#tls = options.tls
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#services = services
    this.secure = options.tls !== undefined
    this.loopback = isLoopback(host)
  }

  async open(port: number): Promise<void> {
    const { name, log } = this.#services
    const server = await this.#createServer()
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (message, response) => this.#receive(message, response, () => undefined))
    server.on('checkContinue', (message, response) => this.#receive(message, response, () => response.writeContinue()))
    server.on('upgrade', (message, socket, head) => this.#upgrade(message, socket, head))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#malformed(error, socket))
    server.on('tlsClientError', (err) => log.debug({ err }, 'a TLS handshake failed'))
    server.on('drop', () => this.#noteDrop())
    try {
      server.listen({ host: this.#host, port })
      await once(server, 'listening')
    } catch (error) {
      this.#certificateWatch?.close()
      throw await addressError(name, this.#host, port, error as NodeJS.ErrnoException)
    }
    server.on('error', (err) => log.error({ err }, 'the listener has a fault'))
    const bound = server.address() as AddressInfo
    this.loopback = isLoopback(bound.address)
    this.url = `${this.secure ? 'https' : 'http'}://${hostInUrl(this.#host)}:${bound.port}`
    if (!this.secure && !this.loopback) {
      await this.close()
      throw new BotError(
        'LISTENER_EXPOSED',
        `${name} would speak plain HTTP on ${bound.address}, which others can reach. Bind to 127.0.0.1.`,
      )
    }
  }

  async #createServer(): Promise<Server> {
    const limits = this.#limits
    const common = {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      maxHeaderSize: limits.maxHeaderBytes,
    }
    let server: Server
    if (this.#tls === undefined) {
      server = createPlainServer(common)
    } else {
      const { log, clock, appDir } = this.#services
      const certificate = await readCertificate(this.#tls, appDir, clock.now())
      const { cert, key } = certificate
      const secure: TlsServer = createTlsServer({ ...common, ...TLS_SETTINGS, cert, key, handshakeTimeout: limits.handshakeTimeoutMs })
      this.#certificateWatch = watchCertificate(this.#tls, certificate, { log, clock, appDir }, (next) => {
        secure.setSecureContext({ ...TLS_SETTINGS, cert: next.cert, key: next.key })
      })
      server = secure
    }
    server.maxHeadersCount = limits.maxHeaders
    server.maxConnections = limits.maxConnections
    server.maxRequestsPerSocket = limits.maxRequestsPerSocket
    return server
  }

  mount(prefix: string, handler: HttpHandler, options: MountOptions): Mount {
    const mounted = this.#mounts.add(prefix, handler, options, this)
    return {
      url: prefix === '/' ? `${this.url}/` : `${this.url}${prefix}/`,
      unmount: async () => {
        this.#mounts.remove(mounted)
        await Promise.allSettled(mounted.underway)
      },
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    const { clock } = this.#services
    const server = this.#server as Server
    this.#certificateWatch?.close()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    const patience = new AbortController()
    await Promise.race([this.#settled(), clock.sleep(this.#limits.closeTimeoutMs, patience.signal).catch(() => undefined)])
    patience.abort()
    this.#stopped.abort(new BotError('BOT_CLOSED', 'The listener has closed.'))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway)
  }

  #receive(message: IncomingMessage, response: ServerResponse, proceed: () => void): void {
    const { socket } = message
    const previous = this.#current.get(socket)
    if (previous !== undefined && !previous.writableEnded) {
      // A pipelined request is not answered: whoever sends one through a proxy may be hiding it from the proxy. The first gets its answer.
      previous.shouldKeepAlive = false
      previous.once('finish', () => socket.destroySoon())
      return
    }
    this.#current.set(socket, response)
    const answered = this.#answer(message, response, proceed)
    this.#underway.add(answered)
    void answered.finally(() => this.#underway.delete(answered))
  }

  async #answer(message: IncomingMessage, response: ServerResponse, proceed: () => void): Promise<void> {
    const { log, random, clock } = this.#services
    const gone = new AbortController()
    response.once('close', () => gone.abort(new BotError('BOT_CLOSED', 'The peer went away, or has its answer.')))
    const signal = AbortSignal.any([gone.signal, this.#stopped.signal])
    const refused = ambiguity(message)
    const answer =
      refused === undefined
        ? await exchange(arrivalOf(message, this.secure, signal, proceed), this.#mounts, { log, random })
        : { response: problem(400, { detail: refused, reference: random.uuid() }), close: true }
    const close = answer.close || this.#closing !== undefined
    await writeAnswer(message, response, { ...answer, close }, { log, clock, signal, timeoutMs: this.#limits.writeTimeoutMs })
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { log, random } = this.#services
    socket.on('error', (err) => log.debug({ err }, 'an upgraded connection failed'))
    const refuse = (status: number, detail: string): void => {
      writeRaw(socket, problem(status, { detail, reference: random.uuid() }), STATUS_CODES[status] ?? '')
    }
    const refused = ambiguity(message)
    const target = refused ?? parseTarget(message.url ?? '')
    if (typeof target === 'string') return refuse(400, target)
    const found = this.#mounts.find(target.path)
    if (found === undefined) return refuse(404, 'There is nothing at this path.')
    const { upgrade, owner } = found.mounted.options
    if (upgrade === undefined) return refuse(400, 'This path takes plain requests, no upgrades.')
    try {
      upgrade({ ...headOf(message, this.secure), path: found.path, query: target.query, raw: message, socket, head })
    } catch (err) {
      log.error({ err, owner }, 'an upgrade failed')
      refuse(503, 'The connection could not be upgraded. Try again later.')
    }
  }

  /** At most once a minute: whoever opens that many connections must not fill the log as well. */
  #noteDrop(): void {
    const { clock, log } = this.#services
    this.#dropped += 1
    if (clock.monotonic() - this.#dropNotedAt < DROP_NOTE_MS) return
    this.#dropNotedAt = clock.monotonic()
    log.warn({ dropped: this.#dropped, maxConnections: this.#limits.maxConnections }, 'connections are refused: there are too many')
  }

  /** What is not HTTP, or came too slowly. */
  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const { log, random } = this.#services
    log.debug({ err: error }, 'a connection was closed: what came is not HTTP, or came too slowly')
    const started = this.#current.get(socket as Socket)
    const answering = started !== undefined && !started.writableFinished
    if (!socket.writable || error.code === 'ECONNRESET' || (answering && started.headersSent)) {
      socket.destroy()
      return
    }
    if (answering && started.req.complete) {
      // The fault is in what followed the request: that gets its answer, the rest none.
      started.shouldKeepAlive = false
      return
    }
    const [status, detail] =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'The request took too long to arrive.'] as const)
        : error.code === 'HPE_HEADER_OVERFLOW'
          ? ([431, 'The head of the request is too large.'] as const)
          : ([400, 'The request is not well-formed HTTP.'] as const)
    writeRaw(socket, problem(status, { detail, reference: random.uuid() }), STATUS_CODES[status] ?? '')
  }
}
