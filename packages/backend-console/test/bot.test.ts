import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createBot, definePlugin, silentLogger } from '@bot/core'
import { expect, test } from 'vitest'
import consoleModule, { createConsole } from '../src/index.ts'

const plugin = definePlugin({
  name: 'demo',
  commands: {
    greet: { description: 'Greets.', run: ({ text }) => `Hello **${text}**!` },
    ask: {
      description: 'Offers a button.',
      run: () => ({ text: 'Sure?', actions: [{ type: 'button', action: 'sure', label: 'Yes', value: 'x' }] }),
    },
  },
  actions: { sure: () => 'Pressed.' },
})

test('a script talks to a whole bot, which stops when everything is said', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  const input = new PassThrough()
  const output = new PassThrough()
  const module = {
    ...consoleModule,
    create: (options: never, host: never) => createConsole(options, host, { input, output, isTTY: false, columns: 80 }),
  }
  const bot = createBot({
    appDir: folder,
    store: { module: 'memory' },
    backends: { console: { module, options: { rooms: ['lobby'] } } },
    plugins: [plugin],
    log: silentLogger,
  })
  const written = text(output)
  await bot.start()
  input.end('!greet you\n!ask\n/press 4 1\n/in #ops\n!greet all')
  await bot.stopped
  output.end()
  expect((await written).split('\n')).toEqual([
    '  1 alice@#lobby: !greet you',
    '  2 bot@#lobby: Hello you!',
    '  3 alice@#lobby: !ask',
    '  4 bot@#lobby: Sure?',
    '    [1 Yes]',
    '  · alice pressed [Yes] of 4',
    '  5 bot@#lobby: Pressed.',
    '  · #ops is new; bot is here too',
    '  6 alice@#ops: !greet all',
    '  7 bot@#ops: Hello all!',
    '',
  ])
  await rm(folder, { recursive: true })
})
