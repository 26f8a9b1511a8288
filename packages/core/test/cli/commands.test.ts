import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit-codes.ts'
import { addFiles, bot, botHere, linkPackages, makeFolder } from './app-folder.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

describe('help and usage', () => {
  test('help lists every command and every exit code; so does docs/cli.md', async () => {
    const dir = makeFolder({})
    const { out, code } = await botHere(dir, ['--help'])
    expect(code).toBe(0)
    const commands = [...out.matchAll(/^ {2}([a-z][a-z ]*?) {2,}/gm)].map(([, name]) => name)
    expect(commands).toEqual(expect.arrayContaining(['init', 'start', 'list', 'doctor', 'send', 'deliveries list', 'deliveries purge']))
    const page = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
    for (const name of commands) expect(page, name).toContain(`\`bot ${name}`)
    for (const [name, exit] of Object.entries(EXIT)) {
      expect(out).toMatch(new RegExp(`^  ${exit} +${EXIT_MEANINGS[name as keyof typeof EXIT].replaceAll('`', '.')}$`, 'm'))
      expect(page).toContain(`| ${exit} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`)
    }
    expect([...page.matchAll(/^\| (\d+) \|/gm)].map(([, exit]) => Number(exit))).toEqual(Object.values(EXIT))
  })

  test.each(['init', 'start', 'list', 'doctor', 'send', 'deliveries list', 'deliveries purge'])('bot %s explains itself', async (name) => {
    const { out, code } = await botHere(makeFolder({}), [...name.split(' '), '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^Usage: bot ${name}`))
    expect(out).toContain('Exit codes:')
  })

  const mistakes: readonly [words: readonly string[], says: RegExp][] = [
    [['strat'], /no command "strat"\. Did you mean `bot start`\?/],
    [['generate-certificate'], /It comes with @bot\/sink-kit: run `npm install @bot\/sink-kit`/],
    [['list', '--jsn'], /Unknown option '--jsn'\. Did you mean --json\?/],
    [['start', 'now'], /"now" is one word too many\. Usage: bot start/],
    [['send'], /Something is missing\. Usage: bot send URL CONTENT/],
    [['send', 'nowhere', 'x'], /"nowhere" is no address to post to/],
    [['send', 'http://chat.example.com/lobby', 'x'], /would get the text in the clear/],
    [['deliveries', 'list', '--state', 'lost'], /--state takes one of ready, done, dead, ambiguous; found "lost"/],
    [['deliveries', 'purge'], /Say which to remove/],
  ]
  test.each(mistakes)('%j is answered with what to do', async (words, says) => {
    const { out, err, code } = await botHere(makeFolder({}), words)
    expect(err).toMatch(says)
    expect(err).toContain('[BOT_USAGE]')
    expect(err).not.toContain('    at ')
    expect(out).toBe('')
    expect(code).toBe(EXIT.usage)
  })

  test('errors are JSON for machines, and show where they come from when asked', async () => {
    const dir = makeFolder({})
    const { out, code } = await botHere(dir, ['start', '--json'])
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'BOT_CONFIG_NOT_FOUND' } })
    expect(code).toBe(EXIT.config)
    expect((await botHere(dir, ['--verbose', 'start'])).err).toContain('    at ')
  })

  test('the folder and the configuration may be named, before or behind the command', async () => {
    const dir = makeFolder({ 'app/other.json': { name: 'x', store: 'memory' }, 'app/package.json': {} })
    for (const words of [
      ['--dir', 'app', '-c', 'app/other.json', 'doctor'],
      ['doctor', '--dir=app', '--config=app/other.json'],
    ]) {
      expect(await botHere(dir, words)).toMatchObject({ code: 0, out: expect.stringContaining('other.json') as string })
    }
  })
})

describe('bot init', () => {
  test('makes an application that typechecks, in which list and doctor find nothing wrong', async () => {
    const dir = makeFolder({})
    expect(await bot(dir, ['init', 'My Bot'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('cd My Bot && npm install') as string,
    })
    const app = join(dir, 'My Bot')
    linkPackages(app, 'core', 'backend-web')
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--allowImportingTsExtensions', '--skipLibCheck']
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
    const files = ['bot.config.ts', 'plugins/hello.ts']
    const checked = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, ...types, ...files], {
      cwd: app,
      encoding: 'utf8',
    })
    expect(checked.stdout).toBe('')

    const listed = JSON.parse((await bot(app, ['list', '--json'])).out) as { extensions: object[]; abilities: Record<string, object> }
    expect(listed.extensions).toMatchObject([
      { kind: 'backend', name: 'web', package: '@bot/backend-web', contract: 1, configured: ['web'] },
      { kind: 'plugin', name: 'hello', package: './plugins/hello.ts', configured: ['hello'] },
    ])
    expect(listed.abilities['web']).toMatchObject({ features: expect.arrayContaining(['files']) as string[] })
    // The port is whoever's on this machine.
    addFiles(app, { 'bot.config.ts': readFileSync(join(app, 'bot.config.ts'), 'utf8').replace('port: 3000', 'port: 0') })
    const doctor = await bot(app, ['doctor'])
    expect(doctor.out).toContain('Nothing stops this bot.')
    expect(doctor.code).toBe(0)
  })

  test('never overwrites', async () => {
    const dir = makeFolder({ 'bot.config.ts': 'mine' })
    const { out } = await bot(dir, ['init', '--json'])
    expect(JSON.parse(out)).toMatchObject({ kept: ['bot.config.ts'] })
    expect(readFileSync(join(dir, 'bot.config.ts'), 'utf8')).toBe('mine')
  })
})

describe('bot doctor', () => {
  test('tells everything that is wrong, and ends with 1', async () => {
    const dir = makeFolder({
      'package.json': { dependencies: { gone: '1', odd: '1' } },
      'node_modules/odd/package.json': { bot: 'yes' },
      '.env': 'A=1',
      'bot.config.json': { store: 'memory', backends: { a: { use: 'gone' }, b: { use: 'odd' } } },
    })
    const { out, code } = await bot(dir, ['doctor'])
    expect(out).toMatch(/^FAIL gone: .*run `npm install`/m)
    expect(out).toMatch(/^warn odd: .*\[BOT_EXTENSION_MANIFEST\]/m)
    expect(out).toMatch(/^warn \.env: .*chmod 600/m)
    expect(out).toMatch(/^FAIL configuration: backends\.a: .*\[BOT_EXTENSION_NOT_FOUND\]/m)
    expect(out).toMatch(/^FAIL configuration: backends\.b: .*\[BOT_EXTENSION_MANIFEST\]/m)
    expect(out).toMatch(/^warn store: it is in memory/m)
    expect(code).toBe(EXIT.failed)
  })

  test('says that a damaged store was left as it is', async () => {
    const dir = makeFolder({ 'bot.config.json': {}, 'data/bot.db': 'not a database at all, but long enough to be read as one'.repeat(20) })
    const { out, code } = await bot(dir, ['doctor'])
    expect(out).toMatch(/^FAIL store: .*\[STORE_CORRUPT\]/m)
    expect(code).toBe(EXIT.failed)
  })
})
