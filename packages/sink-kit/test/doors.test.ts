import { systemRandom } from '@bot/core'
import { describe, expect, test } from 'vitest'
import { AsyncRequestHandler, createFetchListener, asFetchHandler, type SinkListenOptions } from '../src/index.ts'
import { DEFAULTS, type MemorySinkHost, runningSink } from './memory-sink-host.ts'
import { listening, notedLogger, send } from './surroundings.ts'

const HELLO = '{"echo":"hello"}'

class EmptySink extends AsyncRequestHandler {}

const emptySink = (options: Partial<SinkListenOptions> = {}) =>
  runningSink((host, all) => new EmptySink(host, all), { ...DEFAULTS, ...options })

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
