import { expect, test } from 'vitest'

import { checkOptions } from '../../src/config/options.ts'
import { addFiles, bot, makeFolder } from '../cli/app-folder.ts'

const SECRET = 'correct-horse-battery-staple'

function check(schema: object, value: unknown, env: Record<string, string> = {}, appDir = ''): Promise<{ value: unknown; told: string[] }> {
  const told: string[] = []
  return checkOptions(schema, value, { path: 'p', env, appDir, secret: (text) => told.push(text) }).then((checked) => ({
    value: checked,
    told,
  }))
}

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    token: { type: 'string', secret: true, env: 'TOKEN' },
    port: { type: 'integer', default: 3000, env: 'PORT' },
    host: { type: 'string', default: '127.0.0.1' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    tokens: { type: 'array', items: { type: 'string', secret: true } },
    env: { type: 'object', properties: { env: { type: 'string' } } },
    nested: { type: 'object', properties: { deep: { type: 'boolean', default: true } }, default: {} },
  },
}

test('left-out options come from their environment variable, then from their default, all the way down', async () => {
  expect(await check(schema, {})).toEqual({ value: { port: 3000, host: '127.0.0.1', nested: { deep: true } }, told: [] })
  const { value, told } = await check(schema, { host: '::1' }, { TOKEN: SECRET, PORT: '4000' })
  expect(value).toEqual({ token: SECRET, port: 4000, host: '::1', nested: { deep: true } })
  expect(told).toEqual([SECRET])
})

test('a reference stands anywhere a text may, and is told as a secret', async () => {
  const dir = makeFolder({ 'secret.txt': `${SECRET}\n` })
  const given = { token: { file: 'secret.txt' }, port: { env: 'A_PORT' }, headers: { 'x-key': { env: 'KEY' } }, tokens: [{ env: 'KEY' }] }
  const { value, told } = await check(schema, given, { KEY: 'another-secret', A_PORT: '5000' }, dir)
  expect(value).toMatchObject({ token: SECRET, port: 5000, headers: { 'x-key': 'another-secret' }, tokens: ['another-secret'] })
  expect(new Set(told)).toEqual(new Set([SECRET, 'another-secret']))
})

test('where an object is wanted, { env } is an object', async () => {
  expect((await check(schema, { env: { env: 'lobby' }, headers: { env: 'production' } })).value).toMatchObject({
    env: { env: 'lobby' },
    headers: { env: 'production' },
  })
})

test('what is given is not changed, and the result is checked again to the same', async () => {
  const given = Object.freeze({ headers: Object.freeze({ a: 'b' }) })
  const { value } = await check(schema, given)
  expect((await check(schema, value)).value).toEqual(value)
  expect(given).toEqual({ headers: { a: 'b' } })
})

test('every missing secret is named, with what to do', async () => {
  const dir = makeFolder({ empty: '\n' })
  const given = { token: { env: 'NO_SUCH' }, tokens: [{ env: 'EMPTY' }, { file: 'none' }, { file: 'empty' }] }
  await expect(check(schema, given, { EMPTY: '' }, dir)).rejects.toMatchObject({
    code: 'BOT_SECRET_MISSING',
    message: [
      'The configuration refers to what is not there:',
      '  p.token: the environment variable NO_SUCH is not set. Set it, or write it into .env.',
      '  p.tokens[0]: the environment variable EMPTY is empty. Set it, or write it into .env.',
      '  p.tokens[1]: the file none is not there. Create it, or name another.',
      '  p.tokens[2]: the file empty is empty. Write the secret into it.',
    ].join('\n'),
  })
})

const SECRETIVE = {
  'package.json': { name: 'app', type: 'module', dependencies: {} },
  'ext/package.json': {
    name: 'ext',
    version: '1.0.0',
    type: 'module',
    main: 'index.js',
    bot: { kind: 'backend', name: 'ext', contract: 1 },
  },
  'ext/index.js': `export default {
    kind: 'backend', name: 'ext', contract: 1,
    options: { type: 'object', additionalProperties: false, properties: {
      token: { type: 'string', minLength: 10, secret: true }, pin: { type: 'string', secret: true }, note: { type: 'string', maxLength: 5 }, url: { type: 'string' } } },
    create(options) { throw new Error('cannot use ' + options.token) }, preview() {},
    doctor: [{ name: 'token', run: async ({ configured }) => configured.map(({ options }) => ({ ok: false, what: 'seen', detail: JSON.stringify(options) })) }],
  }`,
}

test('no secret is ever shown: not by list, doctor or start, in words or in JSON, in a fault of an extension or in a complaint', async () => {
  const dir = makeFolder({
    ...SECRETIVE,
    'bot.config.json': {
      backends: { x: { use: './ext', token: { env: 'TOKEN' }, pin: { env: 'PIN' }, url: `https://host/?t=${SECRET}` } },
    },
    '.env': `TOKEN=${SECRET}\nPIN=4711\n`,
  })
  for (const words of [['list'], ['list', '--json'], ['doctor'], ['doctor', '--json'], ['start', '--verbose'], ['start', '--json']]) {
    const { out, err } = await bot(dir, words)
    expect(out + err, words.join(' ')).not.toContain(SECRET)
    expect(out + err, words.join(' ')).toContain('[secret]')
    expect(out + err, words.join(' ')).not.toContain('4711')
  }
  addFiles(dir, {
    'bot.config.json': {
      backends: { x: { use: './ext', note: { env: 'TOKEN' }, token: 'short-1', pin: { a: SECRET } }, y: { use: './ext', tokn: SECRET } },
    },
  })
  for (const words of [['list'], ['doctor', '--json'], ['start', '--verbose'], ['start', '--json']]) {
    const { out, err, code } = await bot(dir, words)
    expect(out + err, words.join(' ')).not.toContain(SECRET)
    expect(out + err, words.join(' ')).not.toContain('short-1')
    expect(out + err, words.join(' ')).toContain('backends.x.token')
    expect(code).not.toBe(0)
  }
})

test('.env is read, and the real environment wins over it', async () => {
  const dir = makeFolder({ 'bot.config.json': { name: { env: 'NAME' }, store: 'memory' }, '.env': 'NAME=from-file\n' })
  const named = async (env: Record<string, string>): Promise<string> => (await bot(dir, ['doctor', '--json'], env)).out
  expect(await named({})).toContain('"ok":true')
  addFiles(dir, { '.env': 'OTHER=1\n' })
  expect(await named({})).toContain('NAME is not set')
  expect(await named({ NAME: 'real' })).toContain('"ok":true')
})
