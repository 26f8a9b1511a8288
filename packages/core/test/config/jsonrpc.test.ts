import { expect, test } from 'vitest'

import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { botOptions, resolveConfig } from '../../src/config/resolve.ts'
import { makeFolder } from '../cli/app-folder.ts'

const entry = { certfile: 'cert.pem', module: 'sinks.generic.AsyncMessagePoster', name: '127.0.0.1', port: 9002 }

function load(jsonrpc: unknown): Promise<LoadedConfig> {
  return loadConfig(makeFolder({ 'bot.config.json': { jsonrpc } }), { env: {}, secret: () => undefined })
}

const generic = (handler: string, host: string, port: number): object => ({
  use: 'generic',
  core: { conversations: ['*'] },
  options: { handler, mode: 'sync', auth: { type: 'none' }, host, port, certfile: 'cert.pem' },
})

test('one entry and a list of entries mean sinks, with a warning for each', async () => {
  expect((await load(entry)).sinks).toEqual({ 'jsonrpc-9002': generic('async', '127.0.0.1', 9002) })
  const { sinks, warnings } = await load([entry, { ...entry, module: 'sinks.generic.SimpleMessagePoster', name: 'localhost', port: 9003 }])
  expect(sinks).toEqual({ 'jsonrpc-9002': generic('async', '127.0.0.1', 9002), 'jsonrpc-9003': generic('base', 'localhost', 9003) })
  expect(warnings).toHaveLength(2)
  expect(warnings[1]).toMatch(/^jsonrpc\[1\]: every program on this machine may post to every conversation through localhost:9003/)
  expect(warnings[1]).toContain("use: 'generic', handler: 'base', host: 'localhost', port: 9003")
})

test.each(['0.0.0.0', '', '192.168.1.5', 'chat.example.com', '::', '127.0.0.1.example.com'])(
  'an address others can reach is refused: %s',
  async (name) => {
    if (name === '') {
      await expect(load([entry, { ...entry, name }])).rejects.toMatchObject({ code: 'BOT_CONFIG' })
      return
    }
    await expect(load([entry, { ...entry, name, port: 9003 }])).rejects.toSatisfy((error: Error & { code: string }) => {
      expect(error.code).toBe('BOT_CONFIG')
      expect(error.message).toContain(`jsonrpc[1].name: found "${name}", which others can reach, and this block has no authentication`)
      expect(error.message).toContain(`auth: { type: 'bearer', token: { env: 'ALERTS_TOKEN' } }`)
      return true
    })
  },
)

test('the same port twice is a mistake', async () => {
  await expect(load([entry, entry])).rejects.toMatchObject({
    message: expect.stringContaining('jsonrpc[1].port: found 9002 a second time') as string,
  })
})

test('a package is used by its name, and a class of the folder sinks by its dotted path', async () => {
  expect((await load({ ...entry, module: '@acme/sink-build' })).sinks['jsonrpc-9002']).toMatchObject({ use: '@acme/sink-build' })
  expect((await load({ ...entry, module: 'sinks.build.Poster' })).sinks['jsonrpc-9002']).toMatchObject({ use: './sinks/build#Poster' })

  const dir = makeFolder({
    'bot.config.json': { jsonrpc: { ...entry, module: 'ci.build.Poster' } },
    'sinks/ci/build.mjs': `
      const options = { type: 'object', properties: { port: { type: 'integer' } } }
      export class Poster { static module = { kind: 'sink', name: 'build', contract: 1, options, create() {} } }`,
  })
  const config = await loadConfig(dir, { env: {}, secret: () => undefined })
  const { sinks } = botOptions(config, await resolveConfig(config, () => undefined))
  expect(sinks?.['jsonrpc-9002']).toMatchObject({ module: { name: 'build' }, options: { port: 9002 }, core: { conversations: ['*'] } })
})
