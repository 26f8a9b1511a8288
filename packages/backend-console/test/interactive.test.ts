import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { markdownContent } from '@bot/core/backend'
import { expect, test } from 'vitest'
import { Emulator } from './emulator.ts'
import { answering, start, until, type Running, type Setting } from './host.ts'

const WELCOME = '  · Talking to bot. Tab completes, /help lists more, Ctrl-D'

interface Seated extends Running {
  readonly screen: Emulator
  /** Types, and waits until the screen shows it to hold. */
  sees(rows: readonly string[]): Promise<void>
}

async function sit(setting: Setting & { readonly size?: [number, number] } = {}): Promise<Seated> {
  const screen = new Emulator(...(setting.size ?? [60, 24]))
  const running = await start({ ...setting, tty: true, output: screen, columns: screen.columns })
  await until(() => screen.rows.some((row) => row.includes('Talking to bot')))
  return Object.assign(running, {
    screen,
    async sees(rows: readonly string[]) {
      await until(() => screen.rows.slice(-rows.length).join('\n') === rows.join('\n')).catch(() => undefined)
      expect(screen.rows.slice(-rows.length)).toEqual(rows)
    },
  })
}

let said = 0

async function say(running: Running, markdown: string): Promise<void> {
  const to = await running.backend.buildIdentifier('#lobby')
  await running.backend.sendMessage({ to, key: `said-${++said}`, attempt: 1, content: markdownContent(markdown) })
}

test('what was typed becomes a numbered message, and the prompt stands below', async () => {
  await using seat = await sit({ handler: answering((body) => `re: ${body}`) })
  await seat.sees(['alice@#lobby> ▏'])
  seat.input.write('hello\r')
  await seat.sees(['  1 alice@#lobby: hello', '  2 bot@#lobby: re: hello', 'alice@#lobby> ▏'])
})

test('output does not tear the line that is being typed, however many rows that takes', async () => {
  await using seat = await sit({ size: [40, 24] })
  seat.input.write('start\r')
  await until(() => seat.host.of('message').length === 1)
  for (const typed of ['abc', 'de '.repeat(8), 'x'.repeat(26), 'y'.repeat(80), '部署'.repeat(30)]) {
    seat.input.write(typed)
    await say(seat, 'one')
    seat.input.write('\u001b[D\u001b[D')
    await say(seat, 'two\n\n- three')
    seat.input.write('\u0015\u000b')
  }
  seat.input.write('end')
  await seat.sees(['alice@#lobby> end▏'])
  const expected = [1, 2, 3, 4, 5].flatMap((turn) => [
    `${String(2 * turn).padStart(3)} bot@#lobby: one`,
    `${String(2 * turn + 1).padStart(3)} bot@#lobby: two`,
    '    • three',
  ])
  expect(seat.screen.rows.slice(2)).toEqual(['  1 alice@#lobby: start', ...expected, 'alice@#lobby> end▏'])
})

test('typed rows are redrawn below new output, the cursor where it was', async () => {
  await using seat = await sit({ size: [30, 24] })
  seat.input.write('hi\r')
  await until(() => seat.host.of('message').length === 1)
  seat.input.write(`${'a'.repeat(20)}${'b'.repeat(20)}\u001b[D\u001b[D`)
  await say(seat, 'news')
  await seat.sees(['  2 bot@#lobby: news', `alice@#lobby> ${'a'.repeat(16)}`, `aaaa${'b'.repeat(18)}▏bb`])
  seat.input.write('\r')
  await seat.sees(['  3 alice@#lobby:', `    ${'a'.repeat(20)}bbbbb`, `    ${'b'.repeat(15)}`, 'alice@#lobby> ▏'])
})

test('an unfinished message stays in view with a prompt of its own until it is complete', async () => {
  await using seat = await sit()
  seat.input.write('one \\\r')
  await seat.sees(['… one ', '… ▏'])
  seat.input.write('```\rcode\r')
  await seat.sees(['… one ', '… ```', '… code', '… ▏'])
  seat.input.write('```\r')
  await seat.sees(['  1 alice@#lobby: one ', '    ```', '    code', '    ```', 'alice@#lobby> ▏'])
  expect(seat.host.of('message').map(({ body }) => body)).toEqual(['one \n```\ncode\n```'])
})

test('that the bot is writing shows while it lasts', async () => {
  await using seat = await sit()
  seat.input.write('hi\r')
  await until(() => seat.host.of('message').length === 1)
  seat.input.write('typ')
  await seat.backend.sendTyping({ to: await seat.backend.buildIdentifier('#lobby') })
  await seat.sees(['  1 alice@#lobby: hi', 'bot@#lobby is writing…', 'alice@#lobby> typ▏'])
  seat.host.expireTimers()
  await seat.sees(['  1 alice@#lobby: hi', 'alice@#lobby> typ▏'])
  await seat.backend.sendTyping({ to: await seat.backend.buildIdentifier('@alice') })
  await seat.sees(['bot→alice is writing…', 'alice@#lobby> typ▏'])
  seat.input.write('e\r')
  await seat.sees(['  2 alice@#lobby: type', 'bot→alice is writing…', 'alice@#lobby> ▏'])
  await say(seat, 'done')
  await seat.sees(['  1 alice@#lobby: hi', '  2 alice@#lobby: type', '  3 bot@#lobby: done', 'alice@#lobby> ▏'])
})

test('Tab completes directives, people, rooms and commands', async () => {
  await using seat = await sit({
    commands: [
      { name: 'deploy', description: '' },
      { name: 'plugin list', description: '' },
    ],
  })
  const typed = async (keys: string, line: string): Promise<void> => {
    seat.input.write(keys)
    await seat.sees([line])
    seat.input.write('\u0015')
    await seat.sees(['alice@#lobby> ▏'])
  }
  await typed('/rep\t', 'alice@#lobby> /reply ▏')
  await typed('/as al\t', 'alice@#lobby> /as alice▏')
  await typed('/in #lo\t', 'alice@#lobby> /in #lobby▏')
  await typed('!dep\t', 'alice@#lobby> !deploy ▏')
  await typed('!plugin l\t', 'alice@#lobby> !plugin list ▏')
  await typed('ask @b\t', 'alice@#lobby> ask @bot ▏')
  await typed('dep\t', 'alice@#lobby> dep▏')
})

test.each([
  ['Ctrl-D', '\u0004', 'the input has ended'],
  ['Ctrl-C on an empty line', '\u0003', 'the input has ended'],
  ['/quit', '/quit\r', 'alice ended it with /quit'],
])('%s ends in good order', async (_what, keys, reason) => {
  await using seat = await sit()
  seat.input.write(keys)
  await seat.ended
  expect(seat.host.shutdownReason).toBe(reason)
  expect(seat.host.of('presence').at(-1)?.status).toBe('offline')
  await seat.sees(['▏'])
})

test('Ctrl-C throws away what was typed before it ends anything', async () => {
  await using seat = await sit()
  seat.input.write('one \\\rtwo\u0003')
  await seat.sees([WELCOME, '    ends.', 'alice@#lobby> ▏'])
  expect(seat.host.shutdownReason).toBeUndefined()
  expect(seat.host.of('message')).toEqual([])
})

test('typed lines are kept for the next run', async () => {
  await using seat = await sit()
  seat.input.write('first\rsecond\r\u0004')
  await seat.ended
  expect(await readFile(join(await seat.host.dataDir(), 'history'), 'utf8')).toBe('second\nfirst\n')
})
