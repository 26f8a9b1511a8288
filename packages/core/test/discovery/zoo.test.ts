import { describe, expect, test } from 'vitest'

import { findExtension } from '../../src/discovery/find.ts'
import { installedExtensions } from '../../src/discovery/installed.ts'
import { loadExtension, type Loaded } from '../../src/discovery/load.ts'
import { bot, makeFolder, type Files } from '../cli/app-folder.ts'

/** A package in node_modules, in plain JavaScript as a third party ships it. */
function installed(name: string, manifest: unknown, code: string, more: object = {}): Files {
  return {
    [`node_modules/${name}/package.json`]: { name, version: '1.2.3', type: 'module', exports: './main.js', bot: manifest, ...more },
    [`node_modules/${name}/main.js`]: code,
  }
}

function app(...packages: readonly string[]): Files {
  return { 'package.json': { name: 'app', dependencies: Object.fromEntries(packages.map((name) => [name, '1'])) } }
}

const manifest = (name: string, contract = 1): object => ({ kind: 'backend', name, contract })
const code = (name: string, contract = 1): string =>
  `export default { kind: 'backend', name: '${name}', contract: ${contract}, create() {}, preview() {} }`

function load(files: Files, use: string): Promise<Loaded> {
  const dir = makeFolder(files)
  return Promise.resolve().then(() => loadExtension(findExtension(installedExtensions(dir), 'backend', use)))
}

describe('each broken extension gives its own code and says what to do', () => {
  const zoo: readonly [what: string, files: Files, use: string, code: string, says: RegExp][] = [
    [
      'not installed',
      { ...app('good'), ...installed('good', manifest('good'), code('good')) },
      'goood',
      'BOT_EXTENSION_NOT_FOUND',
      /There is no backend "goood"\. Did you mean "good"\? Installed: good\. Install it with `npm install @bot\/backend-goood`\./,
    ],
    [
      'named by its package',
      app(),
      '@acme/chat',
      'BOT_EXTENSION_NOT_FOUND',
      /No backend is installed\. Install it with `npm install @acme\/chat`\./,
    ],
    [
      'in package.json, not on disk',
      app('@bot/backend-x'),
      'x',
      'BOT_EXTENSION_NOT_FOUND',
      /is a dependency .* not on disk\. Run `npm install`/,
    ],
    [
      'a transitive dependency',
      { ...app(), ...installed('deep', manifest('deep'), code('deep')) },
      'deep',
      'BOT_EXTENSION_NOT_FOUND',
      /No backend is installed/,
    ],
    [
      'no manifest',
      { ...app('bare'), ...installed('bare', undefined, code('bare')) },
      'bare',
      'BOT_EXTENSION_MANIFEST',
      /has no "bot" field/,
    ],
    ['a path that is not there', app(), './nowhere', 'BOT_EXTENSION_NOT_FOUND', /nowhere nor a file of that name/],
    ['a path without package.json', { ...app(), 'ext/x.js': '' }, './ext', 'BOT_EXTENSION_MANIFEST', /there is no package\.json in it/],
    ['a path whose package.json is not JSON', { ...app(), 'ext/package.json': '{' }, './ext', 'BOT_EXTENSION_MANIFEST', /is not JSON/],
    [
      'a path that offers another kind',
      { ...app(), 'ext/package.json': { bot: { kind: 'sink', name: 'x', contract: 1 } } },
      './ext',
      'BOT_EXTENSION_MANIFEST',
      /offers no backend/,
    ],
    [
      'a manifest that is a text',
      { ...app('odd'), ...installed('odd', 'backend', '') },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /neither an object nor a list/,
    ],
    [
      'a kind there is not',
      { ...app('odd'), ...installed('odd', { kind: 'frontend', name: 'odd', contract: 1 }, '') },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /"bot\.kind" has to be one of backend, sink, store, listener, plugin/,
    ],
    [
      'a name like a path',
      { ...app('odd'), ...installed('odd', manifest('../x'), '') },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /"bot\.name" has to be a name/,
    ],
    [
      'a contract in words',
      { ...app('odd'), ...installed('odd', { kind: 'backend', name: 'odd', contract: '1' }, '') },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /"bot\.contract" has to be the number/,
    ],
    [
      'a prototype as its name',
      { ...app('odd'), ...installed('odd', manifest('__proto__'), '') },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /"bot\.name" has to be a name/,
    ],
    [
      'constructor as its name',
      { ...app('odd'), ...installed('odd', manifest('constructor'), '') },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /"bot\.name" has to be a name/,
    ],
    [
      'a manifest that reaches for the prototype',
      {
        ...app('odd'),
        'node_modules/odd/package.json': '{"name":"odd","bot":{"kind":"backend","name":"odd","contract":1,"__proto__":{"polluted":true}}}',
      },
      'odd',
      'BOT_EXTENSION_MANIFEST',
      /keys that do not belong there \("__proto__"\)/,
    ],
    [
      'a newer contract',
      { ...app('new'), ...installed('new', manifest('new', 2), code('new', 2)) },
      'new',
      'BOT_EXTENSION_CONTRACT',
      /written for contract 2; this @bot\/core speaks contract 1\. Take a newer @bot\/core/,
    ],
    [
      'an older contract',
      { ...app('old'), ...installed('old', manifest('old', 0), code('old', 0)) },
      'old',
      'BOT_EXTENSION_CONTRACT',
      /written for contract 0; .* Take a newer version of it/,
    ],
    [
      'a module of another contract than its manifest',
      { ...app('two'), ...installed('two', manifest('two'), code('two', 2)) },
      'two',
      'BOT_EXTENSION_CONTRACT',
      /contract 2/,
    ],
    [
      'a throw on import',
      { ...app('boom'), ...installed('boom', manifest('boom'), `throw new Error('no licence')`) },
      'boom',
      'BOT_EXTENSION_LOAD',
      /is there, but importing it failed: no licence/,
    ],
    [
      'a syntax error',
      { ...app('boom'), ...installed('boom', manifest('boom'), 'export default {') },
      'boom',
      'BOT_EXTENSION_LOAD',
      /is there, but importing it failed/,
    ],
    [
      'a dependency of its own that is missing',
      { ...app('needy'), ...installed('needy', manifest('needy'), `import 'left-pad-of-nowhere'\n${code('needy')}`) },
      'needy',
      'BOT_EXTENSION_LOAD',
      /left-pad-of-nowhere.*A package that it needs is not installed/,
    ],
    [
      'an entry that is not in the package',
      { ...app('hole'), ...installed('hole', manifest('hole'), '', { exports: './dist/gone.js' }) },
      'hole',
      'BOT_EXTENSION_LOAD',
      /is there, but importing it failed/,
    ],
    [
      'no default export',
      { ...app('named'), ...installed('named', manifest('named'), 'export const backend = {}') },
      'named',
      'BOT_EXTENSION_SHAPE',
      /it has no default export\. It exports: backend\./,
    ],
    [
      'nothing exported',
      { ...app('void'), ...installed('void', manifest('void'), '') },
      'void',
      'BOT_EXTENSION_SHAPE',
      /It exports nothing/,
    ],
    [
      'a function for a module',
      { ...app('fn'), ...installed('fn', manifest('fn'), 'export default function create() {}') },
      'fn',
      'BOT_EXTENSION_SHAPE',
      /its export is function, not a module/,
    ],
    [
      'another name than its manifest',
      { ...app('twin'), ...installed('twin', manifest('twin'), code('other')) },
      'twin',
      'BOT_EXTENSION_SHAPE',
      /says the name "other"; both have to be the same/,
    ],
    [
      'another kind than its manifest',
      { ...app('kind'), ...installed('kind', manifest('kind'), code('kind').replace('backend', 'sink')) },
      'kind',
      'BOT_EXTENSION_SHAPE',
      /says kind "sink"/,
    ],
    [
      'no preview',
      { ...app('half'), ...installed('half', manifest('half'), code('half').replace(', preview() {}', '')) },
      'half',
      'BOT_EXTENSION_SHAPE',
      /has no function preview/,
    ],
    [
      'one name from two packages',
      { ...app('one', 'two'), ...installed('one', manifest('same'), code('same')), ...installed('two', manifest('same'), code('same')) },
      'same',
      'BOT_EXTENSION_DUPLICATE',
      /is offered twice: by one \(.*node_modules[\\/]one\) and two \(.*node_modules[\\/]two\)/,
    ],
    [
      'one name from a package and a folder of the application',
      { ...app('one'), ...installed('one', manifest('same'), code('same')), 'backends/same.mjs': code('same') },
      'same',
      'BOT_EXTENSION_DUPLICATE',
      /one \(.*\) and \.\/backends\/same\.mjs/,
    ],
  ]

  test.each(zoo)('%s', async (_what, files, use, expected, says) => {
    const error: unknown = await load(files, use).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'BotError', code: expected })
    expect((error as Error).message).toMatch(says)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('the cause of a failed import is kept', async () => {
    const files = { ...app('boom'), ...installed('boom', manifest('boom'), `throw new TypeError('deep inside')`) }
    await expect(load(files, 'boom')).rejects.toMatchObject({ cause: { name: 'TypeError', message: 'deep inside' } })
  })
})

test('nothing is imported until the configuration names it', () => {
  const dir = makeFolder({ ...app('boom'), ...installed('boom', manifest('boom'), `throw new Error('imported')`) })
  expect(installedExtensions(dir).extensions).toMatchObject([
    { kind: 'backend', name: 'boom', package: 'boom', version: '1.2.3', contract: 1 },
  ])
})

describe('a sound extension is found', () => {
  test('by its name, its package, or its path; with exports that hide its package.json', async () => {
    const files = {
      ...app('@acme/chat'),
      ...installed('@acme/chat', manifest('chat'), code('chat'), { exports: { '.': { types: './main.d.ts', import: './main.js' } } }),
    }
    for (const use of ['chat', '@acme/chat', './node_modules/@acme/chat']) expect(await load(files, use)).toMatchObject({ name: 'chat' })
  })

  test('in a folder of "paths", by its name, and the same folder given twice is one', async () => {
    const dir = makeFolder({
      ...app(),
      'elsewhere/chat/package.json': { name: 'chat-x', type: 'module', main: 'main.js', bot: manifest('chat') },
      'elsewhere/chat/main.js': code('chat'),
    })
    const found = installedExtensions(dir, [`${dir}/elsewhere/chat`, `${dir}/elsewhere/../elsewhere/chat`])
    expect(await loadExtension(findExtension(found, 'backend', 'chat'))).toMatchObject({ name: 'chat' })
  })

  test('as one of several in a package', async () => {
    const both = `const one = (kind, name) => ({ kind, name, contract: 1, create() {}, preview() {} })
      export default [one('backend', 'a'), one('backend', 'b'), one('sink', 'a')]`
    const files = { ...app('many'), ...installed('many', [manifest('a'), manifest('b'), { kind: 'sink', name: 'a', contract: 1 }], both) }
    expect(await load(files, 'b')).toMatchObject({ kind: 'backend', name: 'b' })
    expect(await load(files, 'a')).toMatchObject({ kind: 'backend', name: 'a' })
  })

  test('as a file of the application, in TypeScript or JavaScript, alone or in a folder', async () => {
    const files = {
      ...app(),
      'backends/one.mjs': code('whatever'),
      'backends/two/index.mjs': code('two'),
      'backends/_draft.mjs': '',
      'backends/one.test.mjs': '',
    }
    const dir = makeFolder(files)
    expect(installedExtensions(dir).extensions.map(({ name }) => name)).toEqual(['one', 'two'])
    expect(await load(files, 'one')).toMatchObject({ kind: 'backend' })
    expect(await load(files, 'two')).toMatchObject({ kind: 'backend' })
    expect(await load(files, './backends/one')).toMatchObject({ kind: 'backend' })
  })
})

/** Says hello once it is connected, and ends when everything is said. */
const THIRD_PARTY = `export default {
  kind: 'backend', name: 'echo', contract: 1,
  options: { type: 'object', additionalProperties: false, required: ['say'], properties: { say: { type: 'string' }, times: { type: 'integer', default: 1 } } },
  preview: () => ({ type: 'text/plain', body: '' }),
  create: (options, host) => ({
    limits: { max: 1000, measure: (content) => JSON.stringify(content).length }, features: [],
    async serveOnce(signal) {
      const room = { kind: 'room', instance: host.instance, id: host.instance + ':lobby', room: 'lobby' }
      const from = { kind: 'person', instance: host.instance, id: host.instance + ':@ann', person: 'ann', verified: true, bot: false }
      host.connected({ ...from, id: host.instance + ':@bot', person: 'bot' })
      const events = Array.from({ length: options.times }, (_, n) => ({ kind: 'message', id: 'e' + n, messageId: 'm' + n, from, to: room, body: options.say }))
      await host.receive(events)
      await host.idle()
      host.shutdown('all said')
    },
    async sendMessage({ to, content }) {
      process.stdout.write('SENT ' + to.id + ' ' + JSON.stringify(content.blocks) + '\\n')
      return { messageId: 'r' }
    },
    async buildIdentifier(text) { throw new Error(text) },
  }),
}`

test('a third-party backend in JavaScript, installed by path, is found by its name and runs in the bot', async () => {
  const dir = makeFolder({
    ...app(),
    'vendor/echo/package.json': { name: '@acme/echo', version: '0.3.0', type: 'module', exports: './echo.js', bot: manifest('echo') },
    'vendor/echo/echo.js': THIRD_PARTY,
    'bot.config.json': { paths: ['vendor/echo'], store: 'memory', backends: { acme: { use: 'echo', say: '!help' } } },
  })
  const listed = JSON.parse((await bot(dir, ['list', '--json'])).out) as { extensions: unknown[] }
  expect(listed.extensions).toEqual([
    { kind: 'backend', name: 'echo', package: '@acme/echo', version: '0.3.0', contract: 1, configured: ['acme'] },
  ])
  const { out, err, code: exit } = await bot(dir, ['start'])
  expect(out, err).toMatch(/^SENT acme:lobby .*help/)
  expect(exit).toBe(0)
})
