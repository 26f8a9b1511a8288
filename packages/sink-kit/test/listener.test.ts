import { createServer } from 'node:net'
import { connect as connectTls, type SecureVersion } from 'node:tls'
import { once } from 'node:events'
import { Agent as HttpsAgent } from 'node:https'
import { codeOf, systemClock } from '@bot/core'
import { type HttpHandler, type HttpRequest } from '@bot/core/backend'
import { describe, expect, test } from 'vitest'
import { openListener } from '../src/index.ts'
import { plainTalk, RawConnection, statusesIn } from './raw-socket.ts'
import { listening, send, until } from './surroundings.ts'

const ok: HttpHandler = () => Promise.resolve({ status: 200, body: 'fine' })
const echo: HttpHandler = ({ method, path, query, body }) =>
  Promise.resolve({ status: 200, body: JSON.stringify({ method, path, query: query.toString(), body: Buffer.from(body).toString() }) })
const self = { auth: 'self', owner: 'test' } as const

async function codeFrom(promise: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { code: codeOf(error), message: (error as Error | undefined)?.message ?? '' }
}

describe('mounting', () => {
  test('the longest prefix wins, and the handler sees the path below it, still encoded', async () => {
    const { listener } = await listening()
    listener.mount('/', echo, self)
    listener.mount('/hooks', echo, self)
    listener.mount('/hooks/github', echo, self)
    const pathOf = async (path: string) => (await send(listener.url + path)).json()['path']
    expect(await pathOf('/lobby')).toBe('/lobby')
    expect(await pathOf('/hooks')).toBe('/')
    expect(await pathOf('/hooks/x%2Fy%20z/')).toBe('/x%2Fy%20z/')
    expect(await pathOf('/hooks/github/a')).toBe('/a')
    expect(await pathOf('/hooksish')).toBe('/hooksish')
  })

  test('a request arrives whole: method, query, headers, body, peer', async () => {
    const { listener } = await listening()
    let seen: HttpRequest | undefined
    const mount = listener.mount('/in', (request) => ((seen = request), Promise.resolve({ status: 204 })), self)
    expect(mount.url).toBe(`${listener.url}/in/`)
    const body = Buffer.from([0, 255, 10])
    const reply = await send(`${listener.url}/in/a?x=1&x=2`, { method: 'PUT', headers: { 'X-Twice': ['a', 'b'], __proto__x: 'y' }, body })
    expect(reply.status).toBe(204)
    expect(seen).toMatchObject({ method: 'PUT', path: '/a', remoteAddress: '127.0.0.1', secure: true })
    expect(seen?.query.getAll('x')).toEqual(['1', '2'])
    expect(seen?.headers['x-twice']).toBe('a, b')
    expect(Object.getPrototypeOf(seen?.headers)).toBeNull()
    expect(Buffer.from(seen?.body ?? [])).toEqual(body)
  })

  test('a prefix is taken once, and is free again after unmounting', async () => {
    const { listener } = await listening()
    const mount = listener.mount('/a', ok, self)
    expect(() => listener.mount('/a', ok, self)).toThrow(expect.objectContaining({ code: 'LISTENER_PATH' }))
    expect((await send(`${listener.url}/a`)).status).toBe(200)
    await mount.unmount()
    expect((await send(`${listener.url}/a`)).status).toBe(404)
    listener.mount('/a', ok, self)
  })

  test('what asks nobody is refused where others can reach it', async () => {
    const { listener } = await listening({ host: '0.0.0.0' })
    expect(listener.loopback).toBe(false)
    expect(() => listener.mount('/', ok, { auth: 'none', owner: 'sink open' })).toThrow(
      expect.objectContaining({ code: 'LISTENER_EXPOSED' }),
    )
    listener.mount('/', ok, self)
  })

  test('a WebSocket upgrade reaches the mount that takes it, and no other', async () => {
    const { listener, port } = await listening()
    listener.mount('/', ok, self)
    listener.mount('/page', ok, {
      ...self,
      upgrade: ({ socket, path }) => (socket as NodeJS.WritableStream).end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${path}`),
    })
    const upgrade = async (path: string) => {
      const raw = new RawConnection(port)
      raw.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
      return await raw.closed
    }
    expect(await upgrade('/page/ws')).toMatch(/^HTTP\/1.1 101[^]*\/ws$/)
    expect(statusesIn(await upgrade('/elsewhere'))).toEqual([400])
  })
})

describe('bodies', () => {
  test('a body over the limit is answered 413 by its announced length, without being sent', async () => {
    const { listener, port } = await listening()
    let calls = 0
    listener.mount('/', () => ((calls += 1), Promise.resolve({ status: 200 })), { ...self, maxBodyBytes: 10 })
    const raw = new RawConnection(port)
    raw.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n')
    expect(statusesIn(await raw.closed)).toEqual([413])
    expect((await send(listener.url, { body: '0123456789' })).status).toBe(200)
    expect(calls).toBe(1)
  })

  test('a chunked body is cut off just above the limit, and the connection closes', async () => {
    const { listener, port } = await listening()
    listener.mount('/', ok, { ...self, maxBodyBytes: 1024 * 1024 })
    const raw = new RawConnection(port)
    raw.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    let open = true
    void raw.closed.then(() => (open = false))
    // As much as a gigabyte, were it taken.
    for (let count = 0; open && count < 16_384; count += 1) {
      if (!raw.socket.write(chunk)) await Promise.race([once(raw.socket, 'drain').catch(() => undefined), raw.closed])
    }
    expect(statusesIn(await raw.closed)).toEqual([413])
    expect(raw.socket.bytesWritten).toBeLessThan(64 * 1024 * 1024)
    expect((await send(listener.url, { body: 'next' })).status).toBe(200)
  })

  test('a content encoding is answered 415', async () => {
    const { listener } = await listening()
    listener.mount('/', ok, self)
    for (const encoding of ['gzip', 'br', 'identity, gzip', 'x']) {
      expect((await send(listener.url, { headers: { 'content-encoding': encoding }, body: 'x' })).status, encoding).toBe(415)
    }
    expect((await send(listener.url, { headers: { 'content-encoding': 'identity' }, body: 'x' })).status).toBe(200)
  })

  test('a large answer and a streamed answer arrive whole', async () => {
    const { listener } = await listening()
    const large = 'abc'.repeat(1_000_000)
    listener.mount('/large', () => Promise.resolve({ status: 200, body: large }), self)
    async function* parts() {
      for (let count = 0; count < 100; count += 1) yield await Promise.resolve(Buffer.alloc(50_000, String(count % 10)))
    }
    listener.mount('/parts', () => Promise.resolve({ status: 200, body: parts() }), self)
    expect((await send(`${listener.url}/large`)).body).toBe(large)
    expect((await send(`${listener.url}/parts`)).body).toHaveLength(5_000_000)
  })
})

describe('errors', () => {
  test('what a handler throws is in the log under a reference, and not in the answer', async () => {
    const { listener, records } = await listening()
    listener.mount('/', () => Promise.reject(new Error('secret path /etc/shadow')), self)
    const reply = await send(listener.url)
    expect(reply.status).toBe(503)
    expect(reply.headers['retry-after']).toBe('5')
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ type: 'about:blank', title: 'Service Unavailable', status: 503 })
    expect(reply.body).not.toMatch(/shadow|at \/|\.ts/)
    const reference = String(reply.json()['instance']).replace('urn:uuid:', '')
    expect(records.find(({ fields }) => fields['reference'] === reference)).toMatchObject({
      level: 'error',
      fields: { err: { message: 'secret path /etc/shadow' } },
    })
  })

  test('an answer that cannot be written closes the connection and is logged', async () => {
    const { listener, logText } = await listening()
    listener.mount('/', () => Promise.resolve({ status: 200, headers: { 'x-bad': 'a\r\nb' } }), self)
    await expect(send(listener.url)).rejects.toThrow()
    expect(logText()).toContain('could not be written')
  })

  test('nothing internal stands in any refusal', async () => {
    const { listener } = await listening()
    listener.mount('/a', ok, { ...self, maxBodyBytes: 3 })
    for (const reply of [
      await send(`${listener.url}/b`),
      await send(`${listener.url}/a`, { body: 'long' }),
      await send(`${listener.url}/a/%zz`),
    ]) {
      expect(reply.headers['content-type']).toBe('application/problem+json')
      expect(reply.json()).toMatchObject({ status: reply.status, instance: expect.stringMatching(/^urn:uuid:/) as string })
      expect(reply.body).not.toMatch(/at \/|node_modules|\/tmp|Error:|v\d+\.\d+/)
    }
  })
})

describe('addresses', () => {
  test('plain HTTP listens on this machine only', async () => {
    const { services } = await listening()
    expect(await codeFrom(openListener({ host: '0.0.0.0', port: 0 }, services))).toMatchObject({ code: 'LISTENER_EXPOSED' })
    const plain = await openListener({ host: 'localhost', port: 0 }, services)
    plain.mount('/', ok, { auth: 'none', owner: 'page' })
    expect(plain.secure).toBe(false)
    expect((await send(plain.url)).body).toBe('fine')
    await plain.close()
  })

  test('a taken port says which program holds it and what to change', async () => {
    const { services } = await listening()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { code, message } = await codeFrom(openListener({ host: '127.0.0.1', port, tls: { certfile: 'certificate.pem' } }, services))
    other.close()
    expect(code).toBe('LISTENER_ADDRESS')
    expect(message).toContain(`127.0.0.1:${port}`)
    expect(message).toContain('change "port" of listener test')
    expect(message).toContain(process.platform === 'linux' ? 'by this bot itself' : 'shows by which program')
  })

  test('an address of another machine, and a name of none, are said to be just that', async () => {
    const { services } = await listening()
    const tls = { certfile: 'certificate.pem' }
    expect(await codeFrom(openListener({ host: '192.0.2.1', port: 0, tls }, services))).toEqual({
      code: 'LISTENER_ADDRESS',
      message: expect.stringContaining('this machine has no such address') as string,
    })
    expect((await codeFrom(openListener({ host: 'no-such-host.invalid', port: 0, tls }, services))).code).toBe('LISTENER_ADDRESS')
  })
})

describe('TLS', () => {
  async function cipherFor(
    port: number,
    options: { maxVersion?: SecureVersion; minVersion?: SecureVersion; ciphers?: string },
  ): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    return await new Promise((resolve, reject) => {
      socket.once('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`)
        socket.destroy()
      })
      socket.once('error', reject)
    })
  }

  test('version 1.2 and later, authenticated encryption only', async () => {
    const { port } = await listening()
    expect(await cipherFor(port, {})).toMatch(/^TLSv1\.3 TLS_/)
    expect(await cipherFor(port, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 ECDHE-ECDSA-.*(GCM|CHACHA20)/)
    await expect(cipherFor(port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA' })).rejects.toThrow()
    await expect(cipherFor(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow()
  })

  test('clear text on a TLS port gets no HTTP answer', async () => {
    const { listener, port } = await listening()
    listener.mount('/', ok, self)
    expect(await plainTalk(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).not.toContain('HTTP/')
  })
})

describe('closing', () => {
  test('a request under way gets its answer, an idle connection goes at once', async () => {
    const { listener } = await listening()
    let release = (): void => undefined
    const waiting = new Promise<void>((resolve) => (release = resolve))
    let began = false
    listener.mount('/slow', async () => ((began = true), await waiting, { status: 200, body: 'late but whole' }), self)
    listener.mount('/fast', ok, self)
    const agent = new HttpsAgent({ keepAlive: true, rejectUnauthorized: false })
    await send(`${listener.url}/fast`, { agent })
    const slow = send(`${listener.url}/slow`)
    await until(() => began, 'the request arrives')
    const closing = listener.close()
    await until(() => Object.values(agent.freeSockets).flat().length === 0, 'the idle connection closes')
    await expect(send(`${listener.url}/fast`)).rejects.toThrow()
    release()
    expect((await slow).body).toBe('late but whole')
    await closing
  })

  test('a request that never ends does not hold up the end', async () => {
    const { listener } = await listening({ limits: { closeTimeoutMs: 50 } })
    let aborted = false
    let began = false
    listener.mount(
      '/',
      ({ signal }) => {
        began = true
        signal.addEventListener('abort', () => (aborted = true))
        return new Promise(() => undefined)
      },
      self,
    )
    const stuck = send(listener.url).catch((error: unknown) => error)
    await until(() => began, 'the request arrives')
    const start = systemClock.monotonic()
    await listener.close()
    expect(systemClock.monotonic() - start).toBeLessThan(2000)
    expect(await stuck).toBeInstanceOf(Error)
    expect(aborted).toBe(true)
  })

  test('a handler hears that its caller has gone', async () => {
    const { listener, port } = await listening()
    let aborted = false
    let began = false
    const handler: HttpHandler = ({ signal }) => {
      began = true
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true
          resolve({ status: 200 })
        })
      })
    }
    listener.mount('/', handler, self)
    const raw = new RawConnection(port)
    raw.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
    await until(() => began, 'the request arrives')
    raw.socket.destroy()
    await until(() => aborted, 'the signal is aborted')
  })
})
