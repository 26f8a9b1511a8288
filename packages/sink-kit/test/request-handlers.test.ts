import { createHmac } from 'node:crypto'
import { BotError, codeOf, systemRandom } from '@bot/core'
import { type HttpRequest, type Json } from '@bot/core/backend'
import { describe, expect, test } from 'vitest'
import {
  AsyncRequestHandler,
  BaseBotRequestHandler,
  createFetchListener,
  asFetchHandler,
  type AuthOptions,
  type SinkListenOptions,
  type SinkQuery,
  type SinkRouter,
} from '../src/index.ts'
import { DEFAULTS, MemorySinkHost, runningSink } from './memory-sink-host.ts'
import { listening, notedLogger, send, temporaryFolder, until } from './surroundings.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const HELLO = '{"echo":"hello"}'

class EmptySink extends AsyncRequestHandler {}
class EmptyOlderSink extends BaseBotRequestHandler {}

const emptySink = (options: Partial<SinkListenOptions> = {}) =>
  runningSink((host, all) => new EmptySink(host, all), { ...DEFAULTS, ...options })

describe('a subclass with an empty body', () => {
  test('is a complete sink: a post is committed, answered 202 with its id, and said', async () => {
    const { host, url } = await emptySink()
    let commit: (() => void) | undefined
    host.commit = () => new Promise((resolve) => (commit = resolve))
    let answered = false
    const reply = send(`${url}lobby`, { body: HELLO }).finally(() => (answered = true))
    await until(() => commit !== undefined, 'it is about to be committed')
    expect(answered).toBe(false)
    commit?.()
    const { status, json } = await reply
    expect([status, json()]).toEqual([202, { id: 'd1' }])
    await until(() => host.said.length === 1, 'it is said')
    expect(host.said).toEqual([{ to: 'web:lobby', content: 'hello' }])
    expect(host.inbox[0]).toMatchObject({ path: '/lobby', query: '', lane: 'web:lobby' })
  })

  test('takes the conversation with a slash behind it, as a canonical id, and with encoded slashes', async () => {
    const { host, url } = await emptySink()
    for (const path of ['lobby', 'lobby/', 'web%3Alobby', '%23ops%2Fx', 'web%3A%2523ops%252Fx/']) {
      expect((await send(url + path, { body: HELLO })).status, path).toBe(202)
    }
    await until(() => host.said.length === 5, 'all are said')
    expect(host.said.map(({ to }) => to).sort()).toEqual(['web:%23ops%2Fx', 'web:%23ops%2Fx', 'web:lobby', 'web:lobby', 'web:lobby'])
  })

  test('says text and image in one message, under a name without folders', async () => {
    const { host, url } = await emptySink()
    const image = (filename?: string) => ({ base64encoded: PNG.toString('base64'), filename })
    await send(`${url}lobby`, { body: JSON.stringify({ echo: 'a chart', image: image('chart.png') }) })
    await send(`${url}lobby`, { body: JSON.stringify({ image: image('../../etc/cron.d/x') }) })
    await send(`${url}lobby`, { body: JSON.stringify({ image: image() }) })
    await until(() => host.said.length === 3, 'all are said')
    const file = (name: string) => ({ name, type: 'image/png', data: PNG })
    expect(host.said.map(({ content }) => content)).toEqual([
      { text: 'a chart', files: [file('chart.png')] },
      { files: [file('x.png')] },
      { files: [file('1767225600.png')] },
    ])
  })

  test('does not look at the content type', async () => {
    const { url } = await emptySink()
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'nonsense']) {
      expect((await send(`${url}lobby`, { body: HELLO, headers: { 'content-type': type } })).status).toBe(202)
    }
  })

  test('a body it could not handle is answered 400, says which field, and is not kept', async () => {
    const { host, url } = await emptySink()
    const cases: [string | Uint8Array, RegExp][] = [
      ['{', /not JSON/],
      ['', /not JSON/],
      [Buffer.from([0x22, 0xff, 0x22]), /not valid UTF-8/],
      ['[]', /must be a JSON object/],
      ['null', /must be a JSON object/],
      ['{}', /"echo".*"image"/],
      ['{"echo":"  "}', /nothing to say/],
      ['{"echo":7}', /"echo" must be a string/],
      ['{"image":"x"}', /"image" must be an object/],
      ['{"image":{}}', /"image\.base64encoded"/],
      ['{"echo":"x","image":{"filename":"a.png"}}', /"image\.base64encoded"/],
      ['{"image":{"base64encoded":"a b="}}', /"image\.base64encoded" is not Base64/],
      ['{"image":{"base64encoded":"iVBORw0KGgp="}}', /"image\.base64encoded" is not Base64/],
      [`{"image":{"base64encoded":"${Buffer.from('%PDF-1.7').toString('base64')}"}}`, /is a PDF; PNG/],
      [`{"image":{"base64encoded":"${Buffer.from('<svg>').toString('base64')}"}}`, /is SVG/],
      [`{"image":{"base64encoded":"${PNG.toString('base64')}","filename":1}}`, /"image\.filename"/],
      [`${'['.repeat(100_000)}`, /deeper than 64/],
      ['{"__proto__":{"x":1},"echo":"x"}', /__proto__/],
      [String.raw`{"echo":"x","a":[{"\u005f_proto__":{"x":1}}]}`, /__proto__/],
      ['{"echo":"x","constructor":{"prototype":{"x":1}}}', /constructor\.prototype/],
    ]
    for (const [body, detail] of cases) {
      const reply = await send(`${url}lobby`, { body })
      expect(reply.status, String(body).slice(0, 40)).toBe(400)
      expect(reply.headers['content-type']).toBe('application/problem+json')
      expect(reply.json()['detail']).toMatch(detail)
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    expect(host.inbox).toEqual([])
  })

  test('what is nested 64 deep is taken, and of a key that stands twice the last', async () => {
    const { host, url } = await emptySink()
    const deep = `${'['.repeat(63)}${']'.repeat(63)}`
    expect((await send(`${url}lobby`, { body: `{"echo":"a","x":${deep},"s":"[[[[\\"{{{{","echo":"b"}` })).status).toBe(202)
    await until(() => host.said.length === 1, 'it is said')
    expect(host.said[0]?.content).toBe('b')
  })

  test('unknown and forbidden conversations, other paths and other methods', async () => {
    const { host, url } = await emptySink()
    const status = async (path: string, method = 'POST') =>
      (await send(url + path, { method, ...(method === 'POST' && { body: HELLO }) })).status
    expect(await status('nowhere')).toBe(404)
    expect(await status('')).toBe(404)
    expect(await status(`${'a'.repeat(300)}`)).toBe(404)
    expect(await status('lobby/more')).toBe(404)
    expect(await status('board')).toBe(403)
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])
      expect(await status('lobby', method), method).toBe(405)
    expect((await send(`${url}lobby`, { method: 'GET' })).headers['allow']).toBe('POST')
    expect(host.inbox).toEqual([])
  })

  test('path fuzz: nothing but a known conversation gets through', async () => {
    const { host, url } = await emptySink()
    const odd = [
      '..',
      '%2e%2e',
      '.',
      '%00',
      'lobby%00',
      'lobby%0d%0a',
      '%5c',
      'lobby%5c..',
      '..%2flobby',
      'lobby%2f..',
      '%2flobby',
      'lob%62y%',
      '%',
      '%c0%ae',
      'LOBBY',
      'lobby;a=b',
      'lobby%20',
      '%20lobby',
      'lobby%e2%80%8b',
      '__proto__',
      'constructor',
      '*',
      ':conversation',
      '%2523ops',
      '%2F',
      '//lobby',
      'lobby//',
    ]
    for (const path of odd) {
      const { status } = await send(url + path, { body: HELLO })
      expect([400, 404], path).toContain(status)
    }
    expect(host.inbox).toEqual([])
  })
})

describe('repeats', () => {
  test('the same Idempotency-Key is answered with the first id and handled once; another body is noted', async () => {
    const { host, url } = await emptySink()
    const headers = { 'idempotency-key': 'job 17/a' }
    const first = await send(`${url}lobby`, { body: HELLO, headers })
    const second = await send(`${url}lobby`, { body: HELLO, headers })
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([202, undefined])
    expect([second.status, second.json(), second.headers['idempotency-replayed']]).toEqual([202, first.json(), 'true'])
    expect(host.notes.text()).not.toContain('another body')
    expect((await send(`${url}lobby`, { body: '{"echo":"other"}', headers })).status).toBe(202)
    expect(host.notes.text()).toContain('another body')
    expect(host.inbox).toHaveLength(1)
    expect((await send(`${url}lobby`, { body: HELLO })).json()).toEqual({ id: 'd2' })
  })

  test('a key that is too long or not printable is refused', async () => {
    const { url } = await emptySink()
    const status = async (key: string) => (await send(`${url}lobby`, { body: HELLO, headers: { 'idempotency-key': key } })).status
    expect(await status('k'.repeat(200))).toBe(202)
    for (const key of ['k'.repeat(201), '', 'ké']) expect(await status(key), key).toBe(400)
  })
})

describe('when the bot takes nothing', () => {
  test.each(['BOT_BUSY', 'BOT_CLOSED', 'STORE_FULL', 'STORE_FAILED', 'STORE_FENCED'] as const)(
    '%s is answered 503 with a time',
    async (code) => {
      const { host, url } = await emptySink()
      host.refusal = new BotError(code, '/var/lib/bot is full', { retryAfterMs: 12_345 })
      const reply = await send(`${url}lobby`, { body: HELLO })
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '13'])
      expect(reply.body).not.toContain('/var/lib')
      expect(host.notes.text()).toContain('/var/lib/bot is full')
    },
  )
})

describe('synchronous mode', () => {
  class Answering extends AsyncRequestHandler {
    override processRequest(_path: string, query: SinkQuery, content: string): Promise<Json | undefined> {
      if (content === 'throw') return Promise.reject(new Error('internal trouble'))
      if (content === 'nothing') return Promise.resolve(undefined)
      return Promise.resolve(content === 'object' ? { a: 1 } : `${content} ${JSON.stringify(query)}`)
    }
  }
  const answering = () => runningSink((host, options) => new Answering(host, options), { ...DEFAULTS, mode: 'sync' })

  test('answers 200 and OK, as older callers expect', async () => {
    const { host, url } = await emptySink({ mode: 'sync' })
    const reply = await send(`${url}lobby`, { body: HELLO })
    expect([reply.status, reply.body, reply.headers['content-type']]).toEqual([200, 'OK', 'text/plain; charset=utf-8'])
    expect(host.said).toHaveLength(1)
  })

  test('answers with what processRequest returned', async () => {
    const { url } = await answering()
    expect(await send(`${url}lobby?a=1&a=2&b=`, { body: 'hi' })).toMatchObject({ status: 200, body: 'hi {"a":["1","2"],"b":[""]}' })
    expect(await send(`${url}lobby`, { body: 'nothing' })).toMatchObject({ status: 200, body: 'OK' })
    expect((await send(`${url}lobby`, { body: 'object' })).json()).toEqual({ a: 1 })
  })

  test('a throw is logged with sink and delivery, answered 503 with the delivery id, and the delivery stays', async () => {
    const { host, url } = await answering()
    const reply = await send(`${url}lobby`, { body: 'throw' })
    expect(reply.status).toBe(503)
    expect(reply.json()).toMatchObject({ id: 'd1', status: 503 })
    expect(reply.body).not.toContain('internal trouble')
    expect(host.inbox).toHaveLength(1)
    expect(host.notes.records.find(({ level }) => level === 'error')).toMatchObject({
      fields: { sink: 'test', delivery: 'd1', err: { message: 'internal trouble' } },
    })
  })

  test('a repeat with the same key gets the first result', async () => {
    const { host, url } = await answering()
    const headers = { 'idempotency-key': 'a' }
    await send(`${url}lobby`, { body: 'hi', headers })
    const again = await send(`${url}lobby`, { body: 'hi', headers })
    expect([again.status, again.body, again.headers['idempotency-replayed']]).toEqual([200, 'hi {}', 'true'])
    expect(host.inbox).toHaveLength(1)
  })
})

describe('a sink of one’s own', () => {
  test('may have private fields, routes, a check and a proof; each run knows its own delivery', async () => {
    class Own extends AsyncRequestHandler {
      #count = 0
      override addRoutes(router: SinkRouter): void {
        router.on('POST', '/push/:team', (request) => this.receive(request))
        router.on(['GET', 'HEAD'], '/push/:team', ({ params }) => Promise.resolve({ status: 200, body: `ready for ${params['team']}` }))
      }
      override verify(request: HttpRequest): void {
        if (request.headers['x-proof'] !== Buffer.from(request.body).toString('base64')) throw new BotError('SINK_UNAUTHORIZED', 'no')
      }
      override check(_path: string, _query: SinkQuery, content: string): void {
        if (content === 'bad') throw new BotError('SINK_PAYLOAD', 'The body is "bad".')
      }
      override async processRequest(path: string, _query: SinkQuery, content: string): Promise<void> {
        this.#count += 1
        await new Promise((resolve) => setTimeout(resolve, 20 - this.#count))
        await this.sendData(content, `push to ${path} (${this.#count})`, { context: { source: 'test' } })
      }
    }
    const { host, url } = await runningSink((sinkHost, options) => new Own(sinkHost, options), {
      ...DEFAULTS,
      auth: { type: 'bearer', token: 't' },
    })
    const post = (team: string, body: string, proof = Buffer.from(body).toString('base64')) =>
      send(`${url}push/${team}`, { body, headers: { 'x-proof': proof } })
    const replies = await Promise.all([post('a', 'lobby'), post('b', 'ops'), post('c', 'bad'), post('d', 'lobby', 'wrong')])
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 400, 401])
    await until(() => host.said.length === 2, 'both are said')
    expect(new Map(host.said.map(({ to, content }) => [to, (content as string).slice(0, 15)]))).toEqual(
      new Map([
        ['web:lobby', 'push to /push/a'],
        ['web:ops', 'push to /push/b'],
      ]),
    )
    expect(await send(`${url}push/x`, { method: 'GET' })).toMatchObject({ status: 200, body: 'ready for x' })
    expect((await send(`${url}push/x`, { method: 'PUT' })).headers['allow']).toBe('POST, GET, HEAD')
    expect((await send(`${url}lobby`, { body: HELLO })).status).toBe(404)
  })

  test('that overrides only processRequest gets every body', async () => {
    const seen: string[] = []
    class Plain extends AsyncRequestHandler {
      override processRequest(_path: string, _query: SinkQuery, content: string): Promise<void> {
        seen.push(content)
        return Promise.resolve()
      }
    }
    const { url } = await runningSink((host, options) => new Plain(host, options), { ...DEFAULTS, mode: 'sync' })
    expect((await send(`${url}lobby`, { body: 'not JSON at all' })).status).toBe(200)
    expect(seen).toEqual(['not JSON at all'])
  })

  test('sendData wants a delivery, something to say, an image that is one, and a conversation it may post to', async () => {
    const { host, sink } = await emptySink()
    const handler = sink as EmptySink
    const codeFrom = (promise: Promise<unknown>) => promise.then(() => 'sent', codeOf)
    expect(await codeFrom(handler.sendData('lobby', 'x'))).toBe('BOT_CONTENT')
    class Trying extends AsyncRequestHandler {
      override async processRequest(): Promise<Json> {
        return [
          (await codeFrom(this.sendData('lobby', ' '))) ?? '',
          (await codeFrom(this.sendData('lobby', '', { image: Buffer.from('MZ') }))) ?? '',
          (await codeFrom(this.sendData('nowhere', 'x'))) ?? '',
          (await codeFrom(this.sendData('board', 'x'))) ?? '',
          await this.sendData('lobby', 'x'),
        ]
      }
    }
    const trying = await runningSink((sinkHost, options) => new Trying(sinkHost, options), { ...DEFAULTS, mode: 'sync' })
    expect(JSON.parse((await send(`${trying.url}lobby`, { body: 'x' })).body)).toEqual([
      'BOT_CONTENT',
      'SINK_PAYLOAD',
      'SINK_CONVERSATION_UNKNOWN',
      'SINK_CONVERSATION_FORBIDDEN',
      'OK',
    ])
    expect(host.said).toEqual([])
  })
})

describe('BaseBotRequestHandler', () => {
  const older = () => runningSink((host, options) => new EmptyOlderSink(host, options), DEFAULTS)

  test('takes any path below the conversation, and answers OK before processing but not before the commit', async () => {
    const { host, url } = await older()
    const reply = await send(`${url}lobby/and/more?x=1`, { body: HELLO })
    expect([reply.status, reply.body, reply.headers['content-type']]).toEqual([200, 'OK', 'text/plain; charset=utf-8'])
    expect(host.inbox).toHaveLength(1)
    host.refusal = new BotError('STORE_FULL', 'full')
    expect((await send(`${url}lobby`, { body: HELLO })).status).toBe(503)
    expect((await send(`${url}nowhere`, { body: HELLO })).status).toBe(404)
    expect((await send(`${url}lobby`, { method: 'GET' })).status).toBe(405)
  })

  test('what processRequest throws is logged with sink and delivery; the caller has its OK', async () => {
    class Throwing extends BaseBotRequestHandler {
      override processRequest(): Promise<void> {
        return Promise.reject(new Error('too late for the caller'))
      }
    }
    const { host, url } = await runningSink((sinkHost, options) => new Throwing(sinkHost, options), DEFAULTS)
    expect((await send(`${url}any/path/at/all`, { body: 'anything' })).body).toBe('OK')
    await until(() => host.notes.text().includes('too late for the caller'), 'it is logged')
    expect(host.notes.records.find(({ level }) => level === 'error')?.fields).toMatchObject({ sink: 'test', delivery: 'd1' })
  })
})

describe('who may post', () => {
  test('without authentication: this machine only, and no web page', async () => {
    await expect(emptySink({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'LISTENER_EXPOSED' })
    await expect(emptySink({ name: '::' })).rejects.toMatchObject({ code: 'LISTENER_EXPOSED' })
    const { host, url } = await emptySink()
    const status = async (headers: Record<string, string>) => (await send(`${url}lobby`, { body: HELLO, headers })).status
    expect(await status({ origin: 'https://evil.example' })).toBe(403)
    expect(await status({ origin: 'null' })).toBe(403)
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await status({ 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(host.inbox).toEqual([])
    expect(await status({ 'sec-fetch-site': 'none' })).toBe(202)
  })

  test('bearer: any of the tokens, nothing else; tokens are kept out of logs', async () => {
    const { host, url } = await emptySink({ auth: { type: 'bearer', token: 'first-token', tokens: ['second-token'] }, host: '0.0.0.0' })
    const local = url.replace('0.0.0.0', '127.0.0.1')
    const reply = (headers: Record<string, string | string[]>) => send(`${local}lobby`, { body: HELLO, headers })
    expect((await reply({ authorization: 'Bearer first-token' })).status).toBe(202)
    expect((await reply({ authorization: 'bearer second-token' })).status).toBe(202)
    expect((await reply({ authorization: 'Bearer first-token', origin: 'https://tool.example' })).status).toBe(202)
    for (const authorization of [
      '',
      'Bearer ',
      'Bearer first-toke',
      'Bearer first-token2',
      'Bearer FIRST-TOKEN',
      'Basic first-token',
      'first-token',
    ]) {
      const { status, headers } = await reply({ authorization })
      expect(status, authorization).toBe(401)
      expect(headers['www-authenticate']).toMatch(/^Bearer/)
    }
    expect(host.secrets).toEqual(['first-token', 'second-token'])
    expect(host.notes.text()).not.toContain('first-token')
  })

  test('hmac: over the raw bytes; fourteen ways to be wrong', async () => {
    const secret = 'It’s a secret'
    const auth: AuthOptions = {
      type: 'hmac',
      secret: 'old',
      secrets: [secret],
      header: 'X-Hub-Signature-256',
      algorithm: 'sha256',
      prefix: 'sha256=',
    }
    const { host, url } = await emptySink({ auth })
    const body = Buffer.from('{"echo": "hi" }')
    const sign = (data: Uint8Array, key = secret) => `sha256=${createHmac('sha256', key).update(data).digest('hex')}`
    const status = async (signature: string | string[] | undefined, sent: Uint8Array = body) =>
      (await send(`${url}lobby`, { body: sent, headers: signature === undefined ? {} : { 'x-hub-signature-256': signature } })).status
    expect(await status(sign(body))).toBe(202)
    expect(await status(sign(body, 'old'))).toBe(202)
    const right = sign(body)
    const wrong: [string | string[] | undefined, Uint8Array?][] = [
      [undefined],
      [''],
      ['sha256='],
      [right.slice(0, -1)],
      [`${right}0`],
      [right.slice(0, -1) + (right.endsWith('0') ? '1' : '0')],
      [right.replace('sha256=', 'sha256=').toUpperCase()],
      [right.slice('sha256='.length)],
      [`sha1=${right.slice(7)}`],
      [[right, right]],
      [sign(body, 'other')],
      [sign(body, '')],
      [right, Buffer.from('{"echo": "ho" }')],
      [right, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])],
      [right, Buffer.from([0xff, 0xfe])],
    ]
    const before = host.inbox.length
    for (const [signature, sent] of wrong) expect([401, 429], String(signature)).toContain(await status(signature, sent))
    expect(host.inbox).toHaveLength(before)
  })

  test('a missing or empty secret stops the start', async () => {
    const folder = await temporaryFolder()
    const make = (auth: SinkListenOptions['auth']) => () => new EmptySink(new MemorySinkHost(folder), { ...DEFAULTS, auth })
    const hmac = { type: 'hmac', header: 'x', algorithm: 'sha256', prefix: '' } as const
    for (const auth of [
      { type: 'bearer' },
      { type: 'bearer', token: '' },
      { type: 'bearer', tokens: [] },
      { type: 'bearer', token: 'a', tokens: [' '] },
      hmac,
      { ...hmac, secret: '' },
    ] as const) {
      expect(make(auth as SinkListenOptions['auth']), JSON.stringify(auth)).toThrow(expect.objectContaining({ code: 'BOT_OPTIONS' }))
    }
  })

  test('who fails often is told to wait; who proves itself never is', async () => {
    const { url } = await emptySink({ auth: { type: 'bearer', token: 'good' } })
    const reply = (token: string) => send(`${url}lobby`, { body: HELLO, headers: { authorization: `Bearer ${token}` } })
    const statuses: number[] = []
    for (let count = 0; count < 12; count += 1) statuses.push((await reply('bad')).status)
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
    expect(Number((await reply('bad')).headers['retry-after'])).toBeGreaterThan(0)
    for (let count = 0; count < 5; count += 1) expect((await reply('good')).status).toBe(202)
  })
})

describe('where it listens', () => {
  test('on a shared listener, below its name or a path', async () => {
    const { listener } = await listening()
    const shared = { auth: { type: 'none' }, mode: 'durable', maxBodyBytes: 1000, listener: 'main' } as const
    const make = (host: MemorySinkHost, options: SinkListenOptions) => new EmptySink(host, options)
    const one = await runningSink<SinkListenOptions>(make, shared, { main: listener })
    const two = await runningSink<SinkListenOptions>(make, { ...shared, path: '/hooks/two' }, { main: listener })
    expect([one.url, two.url]).toEqual([`${listener.url}/test/`, `${listener.url}/hooks/two/`])
    expect((await send(`${one.url}lobby`, { body: HELLO })).status).toBe(202)
    expect((await send(`${two.url}lobby`, { body: 'x'.repeat(1001) })).status).toBe(413)
    expect(one.host.inbox[0]?.path).toBe('/lobby')
    await one.sink.stop()
    expect((await send(`${one.url}lobby`, { body: HELLO })).status).toBe(404)
    expect((await send(`${two.url}lobby`, { body: HELLO })).status).toBe(202)
  })

  test('never in clear text, never without a certificate, never nowhere', async () => {
    const { listener } = await listening({ tls: undefined as never })
    const make = (host: MemorySinkHost, options: SinkListenOptions) => new EmptySink(host, options)
    await expect(runningSink<SinkListenOptions>(make, { ...DEFAULTS, listener: 'main' }, { main: listener })).rejects.toMatchObject({
      code: 'LISTENER_EXPOSED',
    })
    const { certfile: _, ...bare } = DEFAULTS
    await expect(runningSink<SinkListenOptions>(make, bare)).rejects.toMatchObject({
      code: 'LISTENER_CERTIFICATE',
      message: expect.stringContaining('npx bot generate-certificate') as string,
    })
    const { port: __, ...nowhere } = DEFAULTS
    await expect(runningSink<SinkListenOptions>(make, nowhere)).rejects.toMatchObject({ code: 'BOT_OPTIONS' })
  })

  test('without a port, as a fetch handler', async () => {
    const services = { log: notedLogger().log, random: systemRandom }
    const listener = createFetchListener({ url: 'https://example.org/bot' }, services)
    const auth = { type: 'bearer', token: 'good' } as const
    const { host, url } = await runningSink<SinkListenOptions>(
      (sinkHost, options) => new EmptySink(sinkHost, options),
      { ...DEFAULTS, auth, listener: 'main' },
      { main: listener },
    )
    expect(url).toBe('https://example.org/bot/test/')
    const post = (body: string, init: RequestInit = {}) =>
      listener.fetch(new Request(`${url}lobby`, { method: 'POST', body, headers: { authorization: 'Bearer good' }, ...init }))
    expect((await post(HELLO)).status).toBe(202)
    expect((await post(HELLO, { headers: {} })).status).toBe(401)
    expect((await post('x'.repeat(2 * 1024 * 1024))).status).toBe(413)
    expect((await listener.fetch(new Request('https://example.org/bot/other'))).status).toBe(404)
    expect(host.inbox).toHaveLength(1)
    const open = { auth: 'none', owner: 'sink open' } as const
    expect(() => listener.mount('/open', () => Promise.resolve({ status: 200 }), open)).toThrow(
      expect.objectContaining({ code: 'LISTENER_EXPOSED' }),
    )
    const mounts = [
      { prefix: '/', handler: () => Promise.resolve({ status: 200, body: 'hi' }), options: { auth: 'self', owner: 'test' } as const },
    ]
    const handler = asFetchHandler(mounts, { url: 'https://example.org' }, services)
    expect(await (await handler(new Request('https://example.org/'))).text()).toBe('hi')
  })

  test('its example is a line to paste, which names the variable of a secret and never the secret', async () => {
    const { sink, url } = await emptySink()
    expect(sink.examples).toEqual([`curl -k ${url}lobby -d '{"echo":"hello from curl"}'`])
    const secret = await emptySink({ auth: { type: 'bearer', token: 'very-secret' } })
    expect(secret.sink.examples?.[0]).toContain('-H "Authorization: Bearer $TOKEN"')
    expect(secret.sink.examples?.[0]).not.toContain('very-secret')
  })
})
