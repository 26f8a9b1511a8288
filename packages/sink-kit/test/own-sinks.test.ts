import { BotError, codeOf } from '@bot/core'
import { type HttpRequest, type Json } from '@bot/core/backend'
import { describe, expect, test } from 'vitest'
import { AsyncRequestHandler, BaseBotRequestHandler, type SinkListenOptions, type SinkQuery, type SinkRouter } from '../src/index.ts'
import { DEFAULTS, runningSink } from './memory-sink-host.ts'
import { send, until } from './surroundings.ts'

const HELLO = '{"echo":"hello"}'

class EmptySink extends AsyncRequestHandler {}
class EmptyOlderSink extends BaseBotRequestHandler {}

const emptySink = (options: Partial<SinkListenOptions> = {}) =>
  runningSink((host, all) => new EmptySink(host, all), { ...DEFAULTS, ...options })

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
        // Both are under way before either says anything.
        await until(() => this.#count === 2, 'the other delivery is handled too')
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
