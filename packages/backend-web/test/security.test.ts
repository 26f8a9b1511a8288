import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { makeRoom, type BackendHost, type Block, type Inline } from '@bot/core/backend'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import web, { WebBackend, type WebOptions } from '../src/index.ts'
import { decodeFrame } from '../src/protocol.ts'
import { TestBot, say, until } from './bot.ts'
import { Person, open, post } from './page.ts'

const bots: TestBot[] = []
afterEach(async () => {
  for (const bot of bots.splice(0)) {
    await bot.stop()
    await bot.storage.remove()
  }
})

async function start(...given: Parameters<typeof TestBot.start>): Promise<TestBot> {
  const bot = await TestBot.start(...given)
  bots.push(bot)
  return bot
}

const PASSWORD = 'correct horse battery'

describe('without a login', () => {
  const options = {
    path: '/',
    host: '0.0.0.0',
    port: 0,
    title: 'Bot',
    botName: 'Bot',
    rooms: ['lobby'],
    auth: { type: 'none' },
    historySize: 10,
    maxFileBytes: 1000,
    allowedOrigins: [],
  }
  const create = (change: object) => () => web.create({ ...options, ...change } as WebOptions, { instance: 'web' } as BackendHost)

  test.each([
    ['another address', { host: '0.0.0.0' }],
    ['another name', { host: 'chat.example.com' }],
    ['an origin elsewhere', { host: '127.0.0.1', allowedOrigins: ['https://chat.example.com'] }],
    ['a password but no TLS', { host: '0.0.0.0', auth: { type: 'password', password: PASSWORD } }],
  ])('does not open for %s', (_what, change) => {
    expect(create(change)).toThrow(expect.objectContaining({ code: 'LISTENER_EXPOSED' }))
  })

  test('opens on this machine', () => {
    expect(
      () =>
        new WebBackend(
          { ...options, host: '127.0.0.1' } as unknown as WebOptions,
          { instance: 'web', state: {}, clock: {}, random: {} } as unknown as BackendHost,
        ),
    ).not.toThrow()
  })
})

describe('who may come in', () => {
  test('a page of another site may not open a socket', async () => {
    const bot = await start()
    for (const origin of ['https://evil.example', `http://127.0.0.1:${bot.port + 1}`, 'null']) {
      const socket = open(bot.url, { origin })
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
        socket.on('open', () => resolve('open'))
      })
      expect(status, origin).toBe(403)
      socket.terminate()
    }
  })

  test('a name that was pointed at this machine is refused', async () => {
    const bot = await start()
    const ask = (host: string) =>
      new Promise((resolve) =>
        request(`${bot.url}/settings`, { headers: { host } }, (response) => resolve(response.resume().statusCode)).end(),
      )
    expect(await ask('rebound.example:80')).toBe(403)
    expect(await ask(`localhost:${bot.port}`)).toBe(200)
    expect((await post(bot.url, '/session', { name: 'x' }, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post(bot.url, '/session', { name: 'x' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })

  test('an allowed origin may', async () => {
    const bot = await start({ auth: { type: 'password', password: PASSWORD }, allowedOrigins: ['https://chat.example.com'] })
    const socket = open(bot.url, { origin: 'https://chat.example.com', host: 'chat.example.com' })
    await until(() => socket.readyState === WebSocket.OPEN, 'an open socket')
    socket.terminate()
  })

  test('nobody without the password, which vouches for no name', async () => {
    const bot = await start({ auth: { type: 'password', password: PASSWORD } })
    expect((await post(bot.url, '/session', { name: 'Alice', password: 'guess' })).status).toBe(401)
    expect((await post(bot.url, '/session', { name: 'Alice' })).status).toBe(401)
    const { session } = (await (await post(bot.url, '/session', { name: 'Alice', password: PASSWORD })).json()) as { session: string }
    const alice = await Person.resume(bot.url, session)
    await alice.say('#lobby', 'hi')
    expect((await bot.told('message'))[0]?.from.verified).toBe(false)
    expect(JSON.stringify([...bot.storage.state.entries])).not.toContain(session)
  })

  test('with tokens the token says who', async () => {
    const tokens = [
      { name: 'Alice', token: 'a'.repeat(20) },
      { name: 'Bob', token: 'b'.repeat(20) },
    ]
    const bot = await start({ auth: { type: 'tokens', tokens } })
    expect((await post(bot.url, '/session', { name: 'Bob', token: 'c'.repeat(20) })).status).toBe(401)
    const answer = (await (await post(bot.url, '/session', { name: 'Bob', token: 'a'.repeat(20) })).json()) as {
      session: string
      name: string
    }
    expect(answer.name).toBe('Alice')
    const alice = await Person.resume(bot.url, answer.session)
    await alice.say('#lobby', 'hi')
    expect((await bot.told('message'))[0]?.from).toMatchObject({ person: 'alice', verified: true })
    await bot.stop()
    bots.length = 0
    const changed = await start({ auth: { type: 'tokens', tokens: tokens.slice(1) } }, { storage: bot.storage })
    expect((await Person.resume(changed.url, answer.session)).closed).toBe(4001)
  })

  test('guessing is slowed down', async () => {
    const bot = await start({ auth: { type: 'password', password: PASSWORD } })
    const statuses: number[] = []
    for (let index = 0; index < 12; index += 1)
      statuses.push((await post(bot.url, '/session', { name: 'Alice', password: `guess ${index}` })).status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.at(-1)).toBe(429)
    expect((await post(bot.url, '/session', { name: 'Alice', password: PASSWORD })).status).toBe(429)
    bot.storage.clock.skip(60_000)
    expect((await post(bot.url, '/session', { name: 'Alice', password: PASSWORD })).status).toBe(200)
  })

  test('a name is held by one at a time, and the bot keeps its own', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    await expect(Person.enter(bot, 'ALICE')).rejects.toThrow('409')
    await expect(Person.enter(bot, 'bot')).rejects.toThrow('name of the bot')
    await expect(Person.enter(bot, '../etc')).rejects.toThrow('400')
    await alice.leave()
    await expect(Person.enter(bot, 'alice')).rejects.toThrow('409')
    await until(() => {
      bot.storage.clock.skip(3_600_001)
      return true
    }, 'an hour')
    const other = await Person.enter(bot, 'alice')
    expect((await other.got('welcome')).me).toBe('alice')
    expect((await Person.resume(bot.url, alice.session)).closed).toBe(4001)
  })

  test('logging out ends the session and frees the name', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    await fetch(`${bot.url}/session`, { method: 'DELETE', headers: { authorization: `Bearer ${alice.session}` } })
    await until(() => alice.closed === 4001, 'the close')
    await Person.enter(bot, 'Alice')
  })
})

describe('what comes over the wire', () => {
  test.each([
    ['no JSON', 'hello'],
    ['an unknown frame', '{"t":"sudo"}'],
    ['an unknown key', '{"t":"typing","conv":"#lobby","x":1}'],
    ['a prototype', '{"t":"typing","conv":"#lobby","__proto__":{"polluted":true}}'],
    ['a frame named like an inherited property', '{"t":"constructor"}'],
    ['a list', '[{"t":"typing"}]'],
    ['a wrong type', '{"t":"typing","conv":{"toString":1}}'],
    ['a second hello', '{"t":"hello","v":1,"session":"x"}'],
  ])('closes the connection for %s', async (_what, frame) => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    alice.socket.send(frame)
    await until(() => alice.closed !== undefined, 'the close')
    expect(alice.closed).toBe(1008)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('and for anything at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify(value)),
        ),
        (data) => decodeFrame(data) === undefined,
      ),
    )
  })

  test('is bounded', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    alice.socket.send(`{"t":"post","text":"${'x'.repeat(300_000)}"}`)
    await until(() => alice.closed !== undefined, 'the close')
    expect(alice.closed).toBe(1009)
  })

  test('a page that does not read is cut off and holds nobody up', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const slow = await Person.enter(bot, 'Slow')
    const underneath = (slow.socket as unknown as { _socket: import('node:net').Socket })._socket
    underneath.pause()
    const big = 'x'.repeat(15_000)
    for (let index = 0; index < 900 && !bot.logged.some((line) => line.includes('too slowly')); index += 1) {
      await bot.backend.sendMessage({ key: `k${index}`, to: makeRoom('web', 'lobby'), content: say(big), attempt: 1 })
      // Who does read gets the chance to.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(bot.logged.some((line) => line.includes('too slowly'))).toBe(true)
    await alice.say('#lobby', 'still here')
    underneath.resume()
    await until(() => slow.closed !== undefined, 'the close')
    const back = await Person.resume(bot.url, slow.session)
    expect(back.messages.some((message) => message.text === 'still here')).toBe(true)
  }, 30_000)
})

describe('pages and previews', () => {
  test('the page runs nothing but its own scripts', async () => {
    const bot = await start()
    const response = await fetch(`${bot.url}/`)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    const markup = await response.text()
    expect(markup).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/)
    for (const [, path] of markup.matchAll(/(?:src|href)="([^"]+)"/g)) expect((await fetch(`${bot.url}${path}`)).status, path).toBe(200)
    const etag = response.headers.get('etag') ?? ''
    expect((await fetch(`${bot.url}/`, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await fetch(`${bot.url}/page/..%2f..%2fpackage.json`)).status).toBe(404)
  })

  const HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    'javascript:alert(1)',
    '&lt;b&gt;',
    'data:text/html,<script>1</script>',
    ' JaVaScRiPt:1',
  ]

  test.each(HOSTILE)('the preview keeps %s inert', (text) => {
    const inlines: Inline[] = [
      { type: 'text', text },
      { type: 'code', text },
      { type: 'link', url: text, children: [{ type: 'text', text }] },
      { type: 'mention', who: { id: 'web:@a' }, label: text },
    ]
    const blocks: Block[] = [
      { type: 'paragraph', children: inlines },
      { type: 'code', language: text, text },
      { type: 'table', header: [inlines], rows: [[inlines]] },
    ]
    const card = { title: text, link: text, image: text, color: text, fields: [{ name: text, value: text }], body: blocks }
    const { body } = web.preview({
      blocks,
      card,
      actions: [
        { type: 'link', label: text, url: text },
        { type: 'button', action: text, label: text },
      ],
    })
    const tags = [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag)
    expect(tags.filter((tag) => /<(script|img)|\son\w+=|javascript:|data:/i.test(tag))).toEqual([])
    expect(body).toContain('&lt;'.slice(0, text.includes('<') ? 4 : 0))
  })

  test('sessions and passwords never stand in an address or a log', async () => {
    const bot = await start({ auth: { type: 'password', password: PASSWORD } })
    const { session } = (await (await post(bot.url, '/session', { name: 'Alice', password: PASSWORD })).json()) as { session: string }
    const alice = await Person.resume(bot.url, session)
    await alice.act({ t: 'post', id: randomUUID(), conv: '#lobby', text: 'x' })
    expect(bot.logged.join('\n')).not.toMatch(new RegExp(`${PASSWORD}|${session}`))
    expect(alice.socket.url).not.toContain(session)
  })
})
