import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { RawConnection, statusesIn } from './raw-socket.ts'
import { listening, send, until } from './surroundings.ts'

const HEAD = 'POST /lobby HTTP/1.1\r\nHost: x\r\n'

/** Requests that two readers could understand differently: each is answered 400 once and the connection closed, or only closed. */
const CASES: Readonly<Record<string, string>> = {
  'two Host headers': `${HEAD}Host: y\r\nContent-Length: 0\r\n\r\n`,
  'two equal Host headers': `${HEAD}Host: x\r\nContent-Length: 0\r\n\r\n`,
  'no Host header': 'POST /lobby HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  'an absolute target': 'POST http://x/lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'an absolute target for another host': 'POST https://evil.example/lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'an asterisk target': 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  CONNECT: 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n',
  'length and chunked': `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked and length': `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  'two lengths': `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  'two equal lengths': `${HEAD}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
  'a negative length': `${HEAD}Content-Length: -1\r\n\r\n`,
  'a length with a sign': `${HEAD}Content-Length: +1\r\n\r\na`,
  'a hexadecimal length': `${HEAD}Content-Length: 0x1\r\n\r\na`,
  'a list of lengths': `${HEAD}Content-Length: 1, 1\r\n\r\na`,
  'two encodings': `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'identity, chunked': `${HEAD}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`,
  'chunked, identity': `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'an unknown transfer encoding': `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'a disguised transfer encoding': `${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  'chunked in HTTP/1.0': 'POST /lobby HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a space before the colon': `${HEAD}Content-Length : 0\r\n\r\n`,
  'a folded header': `${HEAD}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`,
  'bare line feeds': 'POST /lobby HTTP/1.1\nHost: x\nContent-Length: 0\n\n',
  'a bare carriage return': `${HEAD}X-A: b\rX-B: c\r\nContent-Length: 0\r\n\r\n`,
  'a NUL in a header': `${HEAD}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`,
  'a broken chunk size': `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`,
  'a negative chunk size': `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n`,
  'a huge chunk size': `${HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab\r\n0\r\n\r\n`,
  'a chunk without its end': `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`,
  'an unknown version': 'POST /lobby HTTP/3.7\r\nHost: x\r\n\r\n',
  'a space in the path': 'POST /lob by HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a path that climbs': 'POST /a/../lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a path that climbs, encoded': 'POST /a/%2e%2E/lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a NUL in the path': 'POST /lobby%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a line feed in the path': 'POST /lobby%0a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a backslash in the path': 'POST /a\\lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'two slashes in front': 'POST //evil.example/lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a fragment': 'POST /lobby#x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'broken percent-encoding': 'POST /lobby%zz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'broken UTF-8 in the path': 'POST /lobby%c3%28 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'a path over 2 KiB': `POST /${'a'.repeat(2048)} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
  'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'bytes of nothing': '\x00\x01\x02\x03\r\n\r\n',
}

describe('a request that can be understood in two ways', () => {
  test.each(Object.entries(CASES))('%s', async (_name, request) => {
    const { listener, port } = await listening({ limits: { requestTimeoutMs: 2000, headersTimeoutMs: 1000, checkIntervalMs: 50 } })
    let calls = 0
    listener.mount('/', () => ((calls += 1), Promise.resolve({ status: 200 })), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.write(request)
    const statuses = statusesIn(await raw.closed)
    expect(statuses.length).toBeLessThanOrEqual(1)
    expect(statuses.every((status) => status === 400)).toBe(true)
    expect(calls).toBe(0)
  })

  test('a head over 16 KiB', async () => {
    const { listener, port } = await listening()
    listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.write(`${HEAD}X-A: ${'a'.repeat(20_000)}\r\n\r\n`)
    expect(statusesIn(await raw.closed)).toEqual([431])
  })

  test('the same with nothing wrong is answered', async () => {
    const { listener, port } = await listening()
    listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.write(`${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\n\r\n`)
    expect(statusesIn(await raw.closed)).toEqual([200])
  })
})

describe('pipelining', () => {
  test('the first request is answered, the one behind it is neither handled nor answered', async () => {
    const { listener, port } = await listening()
    const seen: string[] = []
    listener.mount('/', ({ path }) => (seen.push(path), Promise.resolve({ status: 200 })), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.write(
      'POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiPOST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nPOST /three HTTP/1.1\r\nHost: x\r\n\r\n',
    )
    expect(statusesIn(await raw.closed)).toEqual([200])
    expect(seen).toEqual(['/one'])
  })

  test('what follows a request and is no request does not come before its answer', async () => {
    const { listener, port } = await listening()
    listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.write('POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\0\0garbage\r\n\r\n')
    expect(statusesIn(await raw.closed)).toEqual([200])
  })

  test('one after the other on one connection is no pipelining', async () => {
    const { listener, port } = await listening()
    listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    for (let count = 1; count <= 20; count += 1) {
      raw.write(`${HEAD}Content-Length: 0\r\n\r\n`)
      await until(() => statusesIn(raw.received).length === count, `answer ${count}`)
    }
    raw.socket.destroy()
  })
})

describe('slowness', () => {
  const limits = { headersTimeoutMs: 150, requestTimeoutMs: 300, checkIntervalMs: 25, keepAliveTimeoutMs: 100, handshakeTimeoutMs: 150 }

  test('a head that drips is closed, and others are served meanwhile', async () => {
    const { listener, port } = await listening({ limits })
    listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
    const dripping = Array.from({ length: 50 }, () => new RawConnection(port))
    for (const raw of dripping) raw.write('POST / HTTP/1.1\r\nHost: x\r\nX-A: ')
    expect((await send(listener.url)).status).toBe(200)
    expect((await Promise.all(dripping.map((raw) => raw.closed))).flatMap(statusesIn).every((status) => status === 408)).toBe(true)
  })

  test('a body that drips is answered 408', async () => {
    const { listener, port } = await listening({ limits })
    let calls = 0
    listener.mount('/', () => ((calls += 1), Promise.resolve({ status: 200 })), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx')
    const received = await raw.closed
    expect(statusesIn(received)).toEqual([408])
    expect(received).toContain('application/problem+json')
    expect(calls).toBe(0)
  })

  test('a connection that says nothing is closed', async () => {
    const { port } = await listening({ limits })
    const silent = new RawConnection(port)
    expect(statusesIn(await silent.closed).every((status) => status === 408)).toBe(true)
  })

  test('a peer that takes nothing of its answer is let go', async () => {
    const { listener, port, logText } = await listening({ limits: { writeTimeoutMs: 100 } })
    listener.mount('/', () => Promise.resolve({ status: 200, body: Buffer.alloc(30_000_000) }), { auth: 'self', owner: 'test' })
    const raw = new RawConnection(port)
    raw.socket.pause()
    raw.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => logText().includes('could not be written to its end'), 'the answer is given up')
    raw.socket.resume()
    expect((await raw.closed).length).toBeLessThan(30_000_000)
  })

  test('connections over the limit are refused, and that is noted once', async () => {
    const { listener, port, records } = await listening({ limits: { maxConnections: 2 } })
    listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
    const held = [new RawConnection(port), new RawConnection(port)]
    for (const { socket } of held) await once(socket, 'secureConnect')
    for (let count = 0; count < 3; count += 1) await expect(send(listener.url)).rejects.toThrow()
    expect(records.filter(({ message }) => message.includes('too many'))).toHaveLength(1)
    for (const { socket, closed } of held) {
      socket.destroy()
      await closed
    }
    await until(async () => (await send(listener.url).catch(() => undefined))?.status === 200, 'there is room again')
  })
})
