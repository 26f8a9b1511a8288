import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { AsyncRequestHandler, type AuthOptions, type SinkListenOptions } from '../src/index.ts'
import { DEFAULTS, MemorySinkHost, runningSink } from './memory-sink-host.ts'
import { send, temporaryFolder } from './surroundings.ts'

const HELLO = '{"echo":"hello"}'

class EmptySink extends AsyncRequestHandler {}

const emptySink = (options: Partial<SinkListenOptions> = {}) =>
  runningSink((host, all) => new EmptySink(host, all), { ...DEFAULTS, ...options })

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
