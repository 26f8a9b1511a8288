import { type HttpHandler, type HttpHost, type HttpResponse, type Mount, type MountOptions } from '@bot/core/backend'
import { isLoopback } from './address.ts'
import { exchange, type ExchangeServices } from './exchange.ts'
import { MountTable } from './mounts.ts'

export interface FetchListenerOptions {
  /** How the outside reaches it, such as `https://example.org/bot`: what messages and examples show. A path in it is taken off every request. */
  readonly url: string
  /** The peer's address, where the surrounding server knows it. Without it all peers count as one. */
  readonly remoteAddress?: (request: Request) => string
}

/** A listener without a port: everything that can be mounted can be served by any fetch-style server or function. */
export interface FetchListener extends HttpHost {
  /** Answers one request. Never rejects. */
  fetch(request: Request): Promise<Response>
}

/** Makes a listener that is called instead of listening. The surrounding server keeps the time limits, TLS and everything below a request. */
export function createFetchListener(options: FetchListenerOptions, services: ExchangeServices): FetchListener {
  const base = new URL(options.url)
  const url = options.url.replace(/\/$/, '')
  const basePath = base.pathname.replace(/\/$/, '')
  const mounts = new MountTable()
  const stopped = new AbortController()
  const underway = new Set<Promise<Response>>()
  const facts = { url, loopback: isLoopback(base.hostname), secure: base.protocol === 'https:' }

  const answer = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const below =
      basePath === '' || pathname === basePath || pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) || '/' : pathname
    const { response } = await exchange(
      {
        method: request.method,
        headers: Object.assign(Object.create(null) as object, Object.fromEntries(request.headers)),
        remoteAddress: options.remoteAddress?.(request) ?? '',
        secure: facts.secure,
        signal: AbortSignal.any([request.signal, stopped.signal]),
        target: below + search,
        readBody: async (maxBytes) => readBody(request, maxBytes),
      },
      mounts,
      services,
    )
    return new Response(bodyOf(response), {
      status: response.status,
      headers: { 'x-content-type-options': 'nosniff', ...response.headers },
    })
  }

  return {
    ...facts,
    mount: (prefix: string, handler: HttpHandler, mountOptions: MountOptions): Mount => {
      const mounted = mounts.add(prefix, handler, mountOptions, facts)
      return {
        url: prefix === '/' ? `${url}/` : `${url}${prefix}/`,
        unmount: async () => {
          mounts.remove(mounted)
          await Promise.allSettled(mounted.underway)
        },
      }
    },
    fetch: async (request) => {
      const response = answer(request)
      underway.add(response)
      return response.finally(() => underway.delete(response))
    },
    close: async () => {
      await Promise.allSettled(underway)
      stopped.abort()
    },
  }
}

/** One thing to mount, for {@link asFetchHandler}. */
export interface FetchMount {
  readonly prefix: string
  readonly handler: HttpHandler
  readonly options: MountOptions
}

/** The handlers of several mounts as one function, for a fetch-style server or a serverless function. */
export function asFetchHandler(
  mounts: readonly FetchMount[],
  options: FetchListenerOptions,
  services: ExchangeServices,
): (request: Request) => Promise<Response> {
  const listener = createFetchListener(options, services)
  for (const { prefix, handler, options: mountOptions } of mounts) listener.mount(prefix, handler, mountOptions)
  return listener.fetch
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function bodyOf({ body }: HttpResponse): ConstructorParameters<typeof Response>[0] {
  if (body === undefined) return null
  return typeof body === 'string' || body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : ReadableStream.from(body)
}
