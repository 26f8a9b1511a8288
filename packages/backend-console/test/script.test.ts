import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { answering, script, start, until } from './host.ts'

const echo = answering((body) => (body.startsWith('!echo ') ? body.slice(6) : undefined))

test('a script is answered line by line, and the console ends when it has ended', async () => {
  const { lines, running } = await script('!echo one\nnothing\n!echo two', { handler: echo })
  expect(lines).toEqual([
    '  1 alice@#lobby: !echo one',
    '  2 bot@#lobby: one',
    '  3 alice@#lobby: nothing',
    '  4 alice@#lobby: !echo two',
    '  5 bot@#lobby: two',
  ])
  expect(running.host.shutdownReason).toBe('the input has ended')
  expect(running.host.of('presence').map(({ status }) => status)).toEqual(['online', 'offline'])
})

test('what the bot still has to say at the end of the script is said before it stops', async () => {
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => (release = resolve))
  await using running = await start({
    handler: async (event, backend) => {
      if (event.kind !== 'message') return
      await gate
      await backend.sendMessage({ to: event.to, key: 'late', attempt: 1, content: { blocks: [{ type: 'rule' }] } })
    },
  })
  running.input.end('go\n')
  await until(() => running.host.of('message').length === 1)
  expect(running.host.shutdownReason).toBeUndefined()
  release()
  await running.ended
  expect(running.output()).toContain('─────')
})

test('a script of many lines loses none', async () => {
  const sent = Array.from({ length: 3000 }, (_, index) => `line ${index}`)
  const { running } = await script(sent.join('\n'))
  expect(running.host.of('message').map(({ body }) => body)).toEqual(sent)
})

test('lines that go on make one message, also at the end of the input', async () => {
  const { running } = await script('one \\\ntwo\n```ts\na \\\n\nb\n```\nreal\\\\\nopen \\')
  expect(running.host.of('message').map(({ body }) => body)).toEqual(['one \ntwo', '```ts\na \\\n\nb\n```', 'real\\', 'open '])
})

test('messages carry who said them, where, and whom they mention', async () => {
  const { running } = await script('hi @bot and @nobody\n/as bob\n/in #ops\nhi\n/to\npsst\n/leave #ops')
  const [first, second, third] = running.host.of('message')
  expect([first?.from.id, first?.to.id]).toEqual(['console:lobby/alice', 'console:lobby'])
  expect(first?.mentions?.map(({ id }) => id)).toEqual(['console:@bot'])
  expect([second?.from.id, second?.to.id]).toEqual(['console:ops/bob', 'console:ops'])
  expect([third?.from.id, third?.to.id]).toEqual(['console:@bob', 'console:@bot'])
  expect(first?.from.verified).toBe(true)
  expect(running.host.of('room-joined').map(({ who }) => who.id)).toEqual([
    'console:lobby/alice',
    'console:lobby/bob',
    'console:ops/bot',
    'console:ops/bob',
  ])
  expect(running.host.of('room-left').map(({ who }) => who.id)).toEqual(['console:ops/bob'])
  expect(new Set(running.host.events.map(({ id }) => id)).size).toBe(running.host.events.length)
})

test('sending waits for a slow reader of the output', async () => {
  const waiting: (() => void)[] = []
  const output = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      waiting.push(() => done())
    },
  })
  await using running = await start({ output })
  let sent = false
  const to = await running.backend.buildIdentifier('#lobby')
  const sending = running.backend
    .sendMessage({ to, key: 'a', attempt: 1, content: { blocks: [{ type: 'rule' }] } })
    .then(() => (sent = true))
  await until(() => waiting.length === 1)
  expect(sent).toBe(false)
  waiting.pop()?.()
  await sending
})

test('a reader that goes away stops the bot instead of crashing it', async () => {
  const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  await using running = await start({ output })
  const to = await running.backend.buildIdentifier('#lobby')
  const sending = running.backend.sendMessage({ to, key: 'a', attempt: 1, content: { blocks: [{ type: 'rule' }] } })
  await expect(sending).rejects.toMatchObject({ code: 'BACKEND_OUTCOME_UNKNOWN' })
  expect(running.host.shutdownReason).toBe('the terminal takes no more output')
})

test('stopping the bot ends the console in the middle of its input', async () => {
  const running = await start()
  running.input.write('hello\n')
  await until(() => running.host.of('message').length === 1)
  running.host.stop.abort()
  await running.ended
  const to = await running.backend.buildIdentifier('#lobby')
  const late = running.backend.sendMessage({ to, key: 'late', attempt: 1, content: { blocks: [] } })
  await expect(late).rejects.toMatchObject({ code: 'BACKEND_NOT_CONNECTED' })
})

test('what cannot be taken is said, not swallowed', async () => {
  const running = await start()
  running.host.receive = () => Promise.reject(Object.assign(new Error('the disk is full'), { code: 'STORE_FULL' }))
  running.input.end('hello\n')
  await running.ended
  expect(running.output()).toContain('The bot did not take that (STORE_FULL): the disk is full')
})

test('nothing typed, piped in or named by the bot reaches the terminal as a control character', async () => {
  const hostile = '\u001b[2J\u009b1m\u0007\u001b]0;x\u0007'
  const typed = [
    'TEXT',
    '/react 1 TEXT',
    '/topic TEXT',
    '/as TEXT',
    '/in #TEXT',
    '/TEXT',
    '/file TEXT',
    '/edit 1 TEXT',
    '/press TEXT TEXT',
    '/reply TEXT TEXT',
  ]
  const { lines, running } = await script(typed.map((line) => line.replaceAll('TEXT', hostile)).join('\n'), {
    handler: async (event, backend) => {
      if (event.kind !== 'message') return
      const room = await backend.queryRoom('#lobby')
      await room.setTopic(hostile)
      await room.kick(backend.directory.person('alice'), hostile)
      await backend.changePresence('away', hostile)
      await backend.addReaction({ to: event.to }, event.messageId, hostile)
    },
  })
  expect(lines.length).toBeGreaterThan(10)
  // Line feeds are where lines were cut.
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  expect(running.host.of('message')[0]?.body).toBe(hostile)
})
