import { BotError } from '@bot/core'
import { plainText, type Json, type MarkdownText } from '@bot/core/backend'
import { describe, expect, test } from 'vitest'
import { AsyncRequestHandler, type SinkListenOptions, type SinkQuery } from '../src/index.ts'
import { DEFAULTS, runningSink } from './memory-sink-host.ts'
import { send, until } from './surroundings.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const HELLO = '{"echo":"hello"}'

class EmptySink extends AsyncRequestHandler {}

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

  test('says as it stands what is markdown for nothing', async () => {
    const { host, url } = await emptySink({ mode: 'sync' })
    for (const echo of ['#', '[a]: https://example.org', '>'])
      expect((await send(`${url}lobby`, { body: JSON.stringify({ echo }) })).status).toBe(200)
    expect(host.said.map(({ content }) => plainText({ blocks: (content as MarkdownText).blocks }))).toEqual([
      '#',
      '[a]: https://example.org',
      '>',
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
      [String.raw`{"echo":"\u0000\u200b\n"}`, /nothing to say/],
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
