import { BotError, type HttpHandler, type HttpHost, type SinkHost } from '@bot/core/backend'
import { type AuthOptions } from './auth.ts'
import { makeOneWith } from './certificate.ts'
import { openListener } from './listener.ts'
import { type SinkListenOptions } from './sink-options.ts'

/** Where a running sink takes requests. */
export interface SinkDoor {
  /** With a slash at the end. */
  readonly url: string
  /** Resolves when requests under way are answered. */
  close(): Promise<void>
}

/** Mounts a sink on its shared listener, or on one of its own. Rejects with a `LISTENER_` code, or `BOT_OPTIONS` where neither is configured. */
export async function openDoor(host: SinkHost, options: SinkListenOptions, handler: HttpHandler): Promise<SinkDoor> {
  const own = options.listener === undefined
  const listener = options.listener === undefined ? await openOwn(host, options) : await host.listener(options.listener)
  try {
    if (!listener.secure) {
      throw new BotError(
        'LISTENER_EXPOSED',
        `The sink "${host.name}" takes posts over TLS only, but ${listener.url} speaks plain HTTP. Name a listener with a certificate.`,
      )
    }
    const mount = listener.mount(options.path ?? (own ? '/' : `/${host.name}`), handler, {
      auth: options.auth.type === 'none' ? 'none' : 'self',
      owner: `sink ${host.name}`,
      maxBodyBytes: options.maxBodyBytes,
    })
    return {
      url: mount.url,
      close: () => (own ? listener.close() : mount.unmount()),
    }
  } catch (error) {
    if (own) await listener.close()
    throw error
  }
}

async function openOwn(host: SinkHost, options: SinkListenOptions): Promise<HttpHost> {
  const { port, certfile, keyfile } = options
  if (port === undefined) {
    throw new BotError(
      'BOT_OPTIONS',
      `The sink "${host.name}" needs "port", to listen by itself, or "listener", the name of a shared listener.`,
    )
  }
  if (certfile === undefined) {
    throw new BotError(
      'LISTENER_CERTIFICATE',
      `The sink "${host.name}" has no certificate: posts are taken over TLS only. Set "certfile". ${makeOneWith('certificate.pem')}`,
    )
  }
  return openListener(
    { host: options.host ?? options.name ?? '127.0.0.1', port, tls: { certfile, ...(keyfile !== undefined && { keyfile }) } },
    { name: `sink ${host.name}`, log: host.log, clock: host.clock, random: host.random, appDir: host.appDir },
  )
}

/** A line to paste into a shell. It names the variable of a secret, never the secret; `-k` because the certificate may be self-signed. */
export function curlExample(url: string, auth: AuthOptions): string {
  const address = `${url.replace('://0.0.0.0:', '://127.0.0.1:').replace('://[::]:', '://[::1]:')}lobby`
  const body = '{"echo":"hello from curl"}'
  switch (auth.type) {
    case 'none':
      return `curl -k ${address} -d '${body}'`
    case 'bearer':
      return `curl -k ${address} -H "Authorization: Bearer $TOKEN" -d '${body}'`
    case 'hmac': {
      const digest = `$(printf %s '${body}' | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d ' ' -f 1)`
      return `curl -k ${address} -H "${auth.header}: ${auth.prefix}${digest}" -d '${body}'`
    }
  }
}
