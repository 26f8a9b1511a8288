import { describe, expect, test } from 'vitest'

import { loadConfig } from '../../src/config/load.ts'
import { botOptions, resolveConfig } from '../../src/config/resolve.ts'
import { makeFolder } from '../cli/app-folder.ts'

/** A backend with a schema of every sort, found by its path. */
const BACKEND = {
  'ext/package.json': {
    name: 'ext',
    version: '1.0.0',
    type: 'module',
    main: 'index.js',
    bot: { kind: 'backend', name: 'ext', contract: 1 },
  },
  'ext/index.js': `export default {
    kind: 'backend', name: 'ext', contract: 1,
    options: {
      type: 'object', additionalProperties: false, required: ['port', 'mode', 'auth'],
      properties: {
        port: { type: 'integer', minimum: 1, maximum: 65535, default: 3000 },
        mode: { anyOf: [{ const: 'sync' }, { const: 'durable' }], default: 'durable' },
        title: { type: 'string', minLength: 1, maxLength: 10 },
        apiToken: { type: 'string', minLength: 16, secret: true, env: 'EXT_TOKEN' },
        color: { type: 'string', pattern: '^#[0-9a-f]{6}$' },
        tags: { type: 'array', minItems: 1, items: { enum: ['a', 'b'] } },
        on: { type: 'boolean' },
        auth: {
          default: { type: 'none' },
          anyOf: [
            { type: 'object', additionalProperties: false, required: ['type'], properties: { type: { const: 'none' } } },
            { type: 'object', additionalProperties: false, required: ['type', 'token'],
              properties: { type: { const: 'bearer' }, token: { type: 'string', minLength: 16, secret: true } } },
          ],
        },
      },
    },
    create() {}, preview() {},
  }`,
}

async function complaintsOf(config: unknown, env: Record<string, string> = {}): Promise<{ code: string; lines: string[] }> {
  const dir = makeFolder({ ...BACKEND, 'bot.config.json': typeof config === 'string' ? config : JSON.stringify(config) })
  const secret = (): void => undefined
  try {
    const loaded = await loadConfig(dir, { env, secret })
    botOptions(loaded, await resolveConfig(loaded, secret))
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return { code, lines: message.split('\n').slice(1) }
  }
  throw new Error('nothing was complained about')
}

const ext = (options: object): object => ({ backends: { x: { use: './ext', ...options } } })

describe('every complaint names the key, what was found and what is allowed', () => {
  const table: readonly [what: string, config: unknown, code: string, lines: readonly string[]][] = [
    [
      'an unknown key',
      { backend: {} },
      'BOT_CONFIG',
      [
        '  backend: there is no such key. Did you mean "backends"? Allowed: name, prefix, commands, access, dataDir, store, backends, sinks, listeners, plugins, log, paths, limits, jsonrpc.',
      ],
    ],
    ['a wrong type', { name: 7 }, 'BOT_CONFIG', ['  name: found 7; allowed is a text of at least 1 character.']],
    ['an empty text', { prefix: '' }, 'BOT_CONFIG', ['  prefix: found ""; allowed is a text of at least 1 character.']],
    [
      'a wrong choice',
      { log: { level: 'loud' } },
      'BOT_CONFIG',
      ['  log.level: found "loud"; allowed is "trace", or "debug", or "info", or "warn", or "error", or "fatal".'],
    ],
    [
      'an unknown key within',
      { log: { levle: 'info' } },
      'BOT_CONFIG',
      ['  log.levle: there is no such key. Did you mean "level"? Allowed: level, pretty, file.'],
    ],
    [
      'an unknown store',
      { store: 'redis' },
      'BOT_CONFIG',
      ['  store: found "redis"; allowed is "sqlite", "memory", or an object with "use" and the options of a store.'],
    ],
    [
      'a list for a text in a list',
      { paths: ['./a', 3] },
      'BOT_CONFIG',
      ['  paths[1]: found 3; allowed is a text of at least 1 character.'],
    ],
    ['a backend that is a text', { backends: 'web' }, 'BOT_CONFIG', ['  backends: found "web"; allowed is an object.']],
    [
      'a backend without use',
      { backends: { web: { port: 1 } } },
      'BOT_CONFIG',
      ['  backends.web.use: is missing; needed is a text of at least 1 character.'],
    ],
    [
      'a name that cannot be one',
      { backends: { Web: { use: 'web' } } },
      'BOT_CONFIG',
      ['  backends.Web: found the name "Web"; allowed is a name of lower-case letters, digits, "-", "_" and ".", at most 64 characters.'],
    ],
    [
      'a prototype',
      '{"backends":{"__proto__":{"use":"web"}}}',
      'BOT_CONFIG',
      [
        '  backends.__proto__: found the name "__proto__"; allowed is a name of lower-case letters, digits, "-", "_" and ".", at most 64 characters.',
      ],
    ],
    ['a prototype at the top', '{"constructor":{"prototype":{"x":1}}}', 'BOT_CONFIG', ['  constructor: a key of this name is refused.']],
    [
      'a prototype among options',
      '{"backends":{"x":{"use":"./ext","__proto__":{"port":1}}}}',
      'BOT_OPTIONS',
      ['  backends.x.__proto__: a key of this name is refused; choose another.'],
    ],
    [
      'a plugin that is a number',
      { plugins: { hello: 1 } },
      'BOT_CONFIG',
      ['  plugins.hello: found 1; allowed is true, false, or an object with the options of the plugin.'],
    ],
    [
      'a limit below one',
      { limits: { backlog: 0 } },
      'BOT_CONFIG',
      ['  limits.backlog: found 0; allowed is a whole number of at least 1.'],
    ],
    [
      'a sink for a backend that is not there',
      { sinks: { s: { use: 'generic', backend: 'web' } } },
      'BOT_CONFIG',
      ['  sinks.s.backend: found "web"; allowed are the backends of this configuration: there is none.'],
    ],
    [
      'conversations that are a text',
      { sinks: { s: { use: 'generic', conversations: 'lobby' } } },
      'BOT_CONFIG',
      ['  sinks.s.conversations: found "lobby"; allowed is a list of: a text of at least 1 character.'],
    ],
    [
      'options of the store of the core',
      { store: { use: 'sqlite', path: '/x' } },
      'BOT_OPTIONS',
      ['  store: "sqlite" takes no options; "dataDir" says where it lies.'],
    ],
    [
      'a jsonrpc entry without certificate',
      { jsonrpc: [{ module: 'm', name: '127.0.0.1', port: 1 }] },
      'BOT_CONFIG',
      [
        '  jsonrpc[0].certfile: is missing; needed is the path of a PEM file with certificate and key (`bot generate-certificate` makes one).',
      ],
    ],
    [
      'a jsonrpc entry with a key too many',
      { jsonrpc: { certfile: 'c', module: 'm', name: '127.0.0.1', port: 1, nme: 'x' } },
      'BOT_CONFIG',
      ['  jsonrpc.nme: there is no such key. Did you mean "name"? Allowed: certfile, module, name, port.'],
    ],
    [
      'an option that is misspelt',
      ext({ prot: 3000 }),
      'BOT_OPTIONS',
      ['  backends.x.prot: there is no such key. Did you mean "port"? Allowed: port, mode, title, apiToken, color, tags, on, auth.'],
    ],
    [
      'an option out of range',
      ext({ port: 70000 }),
      'BOT_OPTIONS',
      ['  backends.x.port: found 70000; allowed is a whole number from 1 to 65535.'],
    ],
    [
      'a text for a number',
      ext({ port: '3000' }),
      'BOT_OPTIONS',
      ['  backends.x.port: found "3000"; allowed is a whole number from 1 to 65535.'],
    ],
    ['a fraction', ext({ port: 1.5 }), 'BOT_OPTIONS', ['  backends.x.port: found 1.5; allowed is a whole number from 1 to 65535.']],
    ['one of two words', ext({ mode: 'fast' }), 'BOT_OPTIONS', ['  backends.x.mode: found "fast"; allowed is "sync", or "durable".']],
    [
      'a text that is too long',
      ext({ title: 'a'.repeat(200) }),
      'BOT_OPTIONS',
      ['  backends.x.title: found a text of 200 characters; allowed is a text of 1 to 10 characters.'],
    ],
    [
      'a pattern',
      ext({ color: 'red' }),
      'BOT_OPTIONS',
      ['  backends.x.color: found "red"; allowed is a text that matches /^#[0-9a-f]{6}$/.'],
    ],
    ['an item of a list', ext({ tags: ['a', 'c'] }), 'BOT_OPTIONS', ['  backends.x.tags[1]: found "c"; allowed is "a", or "b".']],
    [
      'an empty list',
      ext({ tags: [] }),
      'BOT_OPTIONS',
      ['  backends.x.tags: found an empty list; allowed is a list of at least 1 item of: "a", or "b".'],
    ],
    ['a switch', ext({ on: 'yes' }), 'BOT_OPTIONS', ['  backends.x.on: found "yes"; allowed is true or false.']],
    [
      'an unknown alternative',
      ext({ auth: { type: 'magic' } }),
      'BOT_OPTIONS',
      ['  backends.x.auth: found an object; allowed is an object { type: "none" }, or an object { type: "bearer", token }.'],
    ],
    [
      'a known alternative with something missing',
      ext({ auth: { type: 'bearer' } }),
      'BOT_OPTIONS',
      [
        '  backends.x.auth.token: is missing; needed is a text of at least 16 characters. Keep it out of the file: { env: "NAME" } or { file: "path" }.',
      ],
    ],
    [
      'a secret that is too short',
      ext({ apiToken: 'hunter2' }),
      'BOT_OPTIONS',
      ['  backends.x.apiToken: found a hidden text of 7 characters; allowed is a text of at least 16 characters.'],
    ],
    [
      'a variable that is not set',
      ext({ apiToken: { env: 'NOWHERE' } }),
      'BOT_SECRET_MISSING',
      ['  backends.x.apiToken: the environment variable NOWHERE is not set. Set it, or write it into .env.'],
    ],
    [
      'a file that is not there',
      ext({ apiToken: { file: 'nowhere.txt' } }),
      'BOT_SECRET_MISSING',
      ['  backends.x.apiToken: the file nowhere.txt is not there. Create it, or name another.'],
    ],
    [
      'several at once',
      { name: 1, log: { level: 'x', y: 2 }, bakends: {} },
      'BOT_CONFIG',
      [
        '  name: found 1; allowed is a text of at least 1 character.',
        '  log.level: found "x"; allowed is "trace", or "debug", or "info", or "warn", or "error", or "fatal".',
        '  log.y: there is no such key. Allowed: level, pretty, file.',
        '  bakends: there is no such key. Did you mean "backends"? Allowed: name, prefix, commands, access, dataDir, store, backends, sinks, listeners, plugins, log, paths, limits, jsonrpc.',
      ],
    ],
    [
      'several extensions at once',
      { backends: { x: { use: './ext', port: 0 }, y: { use: './ext', on: 1, z: 1 } } },
      'BOT_OPTIONS',
      [
        '  backends.x.port: found 0; allowed is a whole number from 1 to 65535.',
        '  backends.y.on: found 1; allowed is true or false.',
        '  backends.y.z: there is no such key. Allowed: port, mode, title, apiToken, color, tags, on, auth.',
      ],
    ],
  ]

  test.each(table)('%s', async (_what, config, code, lines) => {
    const found = await complaintsOf(config)
    expect(found.lines.toSorted()).toEqual([...lines].toSorted())
    expect(found.code).toBe(code)
  })
})

test('a configuration that is no object, no JSON, or not there is said so, without quoting it', async () => {
  const load = (files: Record<string, string>) => loadConfig(makeFolder(files), { env: {}, secret: () => undefined })
  await expect(load({ 'bot.config.json': '[]' })).rejects.toMatchObject({
    code: 'BOT_CONFIG',
    message: expect.stringContaining('found an empty list') as string,
  })
  await expect(load({ 'bot.config.json': '{"token":"hunter2hunter2" oops}' })).rejects.toSatisfy((error: Error & { code: string }) => {
    return error.code === 'BOT_CONFIG_LOAD' && !error.message.includes('hunter2') && error.message.includes('is not JSON')
  })
  await expect(load({})).rejects.toMatchObject({
    code: 'BOT_CONFIG_NOT_FOUND',
    message: expect.stringMatching(
      /bot\.config\.ts, bot\.config\.mts, bot\.config\.js, bot\.config\.mjs, bot\.config\.json.*`bot init`/,
    ) as string,
  })
})
