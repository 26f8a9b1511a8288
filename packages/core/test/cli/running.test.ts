import { createServer } from 'node:net'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

import { connectControl } from '../../src/cli/control.ts'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { controlPath, openControl, type Control, type ControlMethod } from '../../src/control.ts'
import { BotError } from '../../src/contract/errors.ts'
import { addFiles, bot, makeFolder, running, type Files } from './app-folder.ts'

/** Takes one message in, and cannot send the answer: the service refuses it for good until the file `mended` is there. */
const STUBBORN: Files = {
  'package.json': { type: 'module' },
  'backends/stubborn.js': `
    import { existsSync } from 'node:fs'
    export default {
      kind: 'backend', name: 'stubborn', contract: 1, preview: () => ({ type: 'text/plain', body: '' }),
      create: (options, host) => ({
        limits: { max: 10000, measure: (content) => JSON.stringify(content).length }, features: [],
        async serveOnce(signal) {
          const room = { kind: 'room', instance: host.instance, id: host.instance + ':lobby', room: 'lobby' }
          const person = (name) => ({ kind: 'person', instance: host.instance, id: host.instance + ':@' + name, person: name, verified: true, bot: false })
          host.connected(person('bot'))
          await host.receive([{ kind: 'message', id: 'e1', messageId: 'm1', from: person('ann'), to: room, body: '!help' }])
          await host.idle()
          process.stderr.write('HANDLED\\n')
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
        async sendMessage() {
          if (!existsSync('mended')) throw Object.assign(new Error('the service says no'), { code: 'BACKEND_REFUSED' })
          process.stderr.write('SENT\\n')
          return { messageId: 'x' }
        },
        async buildIdentifier() { throw new Error('no') },
      }),
    }`,
  'bot.config.json': { name: 'tester', backends: { chat: { use: 'stubborn' } } },
}

describe('bot start', () => {
  test('runs until SIGTERM; deliveries are seen, replayed and removed through the running bot, and without it', async () => {
    const dir = makeFolder(STUBBORN)
    const first = running(dir, ['start'])
    await first.saysOnError('HANDLED')
    expect(await first.saysOnError('backend chat')).toContain('tester runs with 1 plugin: help')
    if (process.platform !== 'win32') expect(statSync(join(dir, 'data/control.sock')).mode & 0o777).toBe(0o600)

    expect(await bot(dir, ['start'])).toMatchObject({ code: EXIT.unreachable, err: expect.stringContaining('STORE_LOCKED') as string })
    expect(await bot(dir, ['doctor'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/tester is running[^]*connection chat: connected[^]*1 were given up/) as string,
    })

    const dead = JSON.parse((await bot(dir, ['deliveries', 'list', '--state', 'dead', '--json'])).out) as {
      box: string
      key: string
      error: string
    }[]
    expect(dead).toMatchObject([{ box: 'out', error: expect.stringContaining('the service says no') as string }])
    const key = dead[0]?.key ?? ''
    expect((await bot(dir, ['deliveries', 'show', key])).out).toContain('"state": "dead"')
    expect(await bot(dir, ['deliveries', 'show', 'nothing'])).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringContaining('DELIVERY_NOT_FOUND') as string,
    })

    addFiles(dir, { mended: 'yes' })
    expect(await bot(dir, ['deliveries', 'replay', key])).toMatchObject({ code: 0 })
    await first.saysOnError('SENT')

    first.child.kill('SIGTERM')
    expect(await first.finished).toMatchObject({ code: 0, out: '' })
    expect(existsSync(join(dir, 'data/control.sock'))).toBe(false)

    // The same answers from the store itself.
    const listed = await bot(dir, ['deliveries', 'list'])
    expect(listed.out).toMatch(/^in +done[^]*^out +done/m)
    expect((await bot(dir, ['deliveries', 'replay', key])).code).toBe(EXIT.failed)
    expect((await bot(dir, ['deliveries', 'purge', '--state', 'done', '--older-than', '1h', '--json'])).out).toBe('{"removed":0}\n')
    expect((await bot(dir, ['deliveries', 'purge', '--state', 'done', '--json'])).out).toBe('{"removed":2}\n')
    expect((await bot(dir, ['deliveries', 'list'])).out).toBe('There is none.\n')
  })

  test('a second signal does not wait', async () => {
    const dir = makeFolder({
      ...STUBBORN,
      'plugins/slow.js': `export default { kind: 'plugin', contract: 1, name: 'slow', stop: () => new Promise(() => process.stderr.write('STOPPING\\n')) }`,
    })
    const one = running(dir, ['start'])
    await one.saysOnError('backend chat')
    one.child.kill('SIGINT')
    await one.saysOnError('STOPPING')
    one.child.kill('SIGINT')
    expect(await one.finished).toMatchObject({ code: EXIT.interrupted })
  })

  test('a fault that nobody caught stops it in good order, with its secrets masked', async () => {
    const dir = makeFolder({
      ...STUBBORN,
      'plugins/faulty.js': `export default { kind: 'plugin', contract: 1, name: 'faulty',
        config: { type: 'object', properties: { token: { type: 'string', secret: true } } },
        start(host) { queueMicrotask(() => Promise.reject(new Error('cannot use ' + host.config.token))) } }`,
      'bot.config.json': { store: 'memory', plugins: { faulty: { token: 'correct-horse-battery' } } },
    })
    const { code, err, out } = await running(dir, ['start']).finished
    expect(err).toContain('cannot use [secret]')
    expect(err + out).not.toContain('correct-horse')
    expect(code).toBe(EXIT.failed)
  })

  test('one line of JSON for machines', async () => {
    const dir = makeFolder({ 'bot.config.json': { store: 'memory' } })
    const one = running(dir, ['start', '--json'])

    const line = await new Promise<string>((resolve) => one.child.stdout?.on('data', (chunk: Buffer) => resolve(chunk.toString())))
    expect(JSON.parse(line)).toMatchObject({ event: 'started', name: 'bot', state: 'running' })
    one.child.kill('SIGTERM')
    expect((await one.finished).code).toBe(0)
  })
})

describe('the control socket', () => {
  async function open(methods: Record<string, ControlMethod>): Promise<{ dir: string; control: Control }> {
    const dir = makeFolder({})
    const control = await openControl(controlPath(dir), methods)
    onTestFinished(() => control.close())
    return { dir, control }
  }

  test('answers calls in whatever order they are done, and hands errors over with their code', async () => {
    const slow = Promise.withResolvers<string>()
    const { dir } = await open({
      slow: () => slow.promise,
      fast: (params) => params,
      fail: () => Promise.reject(new BotError('DELIVERY_NOT_FOUND', 'none of that')),
    })
    const client = await connectControl(dir)
    const waiting = client?.call('slow')
    expect(await client?.call('fast', { a: [1] })).toEqual({ a: [1] })
    await expect(client?.call('fail')).rejects.toMatchObject({ code: 'DELIVERY_NOT_FOUND', message: 'none of that' })
    await expect(client?.call('constructor')).rejects.toMatchObject({ code: 'BOT_USAGE' })
    slow.resolve('done')
    expect(await waiting).toBe('done')
    client?.close()
  })

  test('a call under way is told when the bot goes', async () => {
    const { dir, control } = await open({ never: () => new Promise(() => undefined) })
    const client = await connectControl(dir)
    const call = client?.call('never')
    const closed = control.close()
    await expect(call).rejects.toMatchObject({ code: 'BOT_CLOSED' })
    await closed
    expect(await connectControl(dir)).toBeUndefined()
  })

  test('a socket that a killed process left is replaced; one that answers is not', async () => {
    const { dir } = await open({ who: () => 'first' })
    await expect(openControl(controlPath(dir), {})).rejects.toMatchObject({ code: 'STORE_LOCKED' })

    const other = makeFolder({ 'control.sock': '' })
    const control = await openControl(controlPath(other), { who: () => 'second' })
    onTestFinished(() => control.close())
    const client = await connectControl(other)
    expect(await client?.call('who')).toBe('second')
    client?.close()
  })

  test('its path fits a socket however deep the folder, and differs from folder to folder', async () => {
    const deep = join(makeFolder({}), 'a'.repeat(120))
    expect(Buffer.byteLength(controlPath(deep))).toBeLessThan(100)
    expect(controlPath(deep)).not.toBe(controlPath(`${deep}b`))
    expect(controlPath('C:\\bot\\data', 'win32')).toMatch(/^\\\\\.\\pipe\\bot-[0-9a-f]+$/)
    const control = await openControl(controlPath(deep), { ping: () => 'pong' })
    onTestFinished(() => control.close())
    const client = await connectControl(deep)
    expect(await client?.call('ping')).toBe('pong')
    client?.close()
  })
})

test('a port that another program holds is told by doctor', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const listener = `export default { kind: 'listener', name: 'plain', contract: 1, create() {},
    options: { type: 'object', properties: { host: { type: 'string' }, port: { type: 'integer' } } } }`
  const dir = makeFolder({
    'plain.mjs': listener,
    'bot.config.json': { store: 'memory', listeners: { main: { use: './plain.mjs', port } } },
  })
  const { out, code } = await bot(dir, ['doctor'])
  expect(out).toContain(`FAIL listeners.main.port: 127.0.0.1:${port} cannot be bound: another program holds it`)
  expect(code).toBe(EXIT.failed)
})
