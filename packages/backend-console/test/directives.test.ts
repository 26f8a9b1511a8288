import { writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActionEvent, Content, IncomingFile, MessageDeleted, MessageEdited } from '@bot/core/backend'
import { expect, test } from 'vitest'
import { answering, script, start, until } from './host.ts'

const buttons: Content = {
  blocks: [{ type: 'paragraph', children: [{ type: 'text', text: 'Sure?' }] }],
  actions: [
    { type: 'button', action: 'yes', label: 'Yes', value: 'v' },
    { type: 'link', label: 'Read', url: 'https://read.example' },
    { type: 'select', action: 'when', label: 'When', options: [{ label: 'Now', value: 'now' }] },
  ],
}

test("/edit and /delete change one's own messages and no others", async () => {
  const { lines, running } = await script('one\n/edit 1 two\n/as bob\n/edit 1 three\n/as alice\n/delete 1\n/edit 1 four\n/edit 9 x')
  expect(lines).toEqual([
    '  1 alice@#lobby: one',
    '  ✎ 1: two',
    "  · Message 1 is alice's, not bob's; everybody can change their own messages only.",
    '  · alice deleted 1',
    '  · Message 1 was deleted.',
    '  · There is no message 9 here; give the number in front of it.',
  ])
  const [said] = running.host.of('message')
  const [edited] = running.host.of('message-edited') as [MessageEdited]
  const [deleted] = running.host.of('message-deleted') as [MessageDeleted]
  expect([edited.messageId, edited.body, deleted.messageId]).toEqual([said?.messageId, 'two', said?.messageId])
  expect([deleted.room?.id, deleted.by?.id]).toEqual(['console:lobby', 'console:lobby/alice'])
})

test('/press presses a button or chooses an option by its number', async () => {
  const { lines, running } = await script('go\n/press 2 2\n/press 2 1\n/press 2 3\n/press 1 1', {
    handler: answering((body) => (body === 'go' ? buttons : undefined)),
  })
  expect(lines.slice(1)).toEqual([
    '  2 bot@#lobby: Sure?',
    '    [1 Yes] [Read (https://read.example)] When: [2 Now]',
    '  · alice pressed [Now] of 2',
    '  · alice pressed [Yes] of 2',
    '  · Message 2 has 1 to 2 to press.',
    '  · Message 1 has nothing to press.',
  ])
  const [now, yes] = running.host.of('action') as [ActionEvent, ActionEvent]
  expect([now.action, now.value, yes.action, yes.value]).toEqual(['when', 'now', 'yes', 'v'])
  expect([yes.from.id, yes.to.id]).toEqual(['console:lobby/alice', 'console:lobby'])
})

test('/react adds a reaction, and takes it away the second time', async () => {
  const { lines, running } = await script('one\n/react 1 👍\n/react 1 👍')
  expect(lines.slice(1)).toEqual(['  · alice reacted 👍 to 1', '  · alice took 👍 off 1'])
  expect(running.host.of('reaction').map(({ action, reaction }) => [action, reaction])).toEqual([
    ['added', '👍'],
    ['removed', '👍'],
  ])
})

test('/reply answers a message, and an answer in a thread stays there', async () => {
  let count = 0
  const { lines, running } = await script('one\n/reply 1 two\n/reply 3 three', {
    handler: async (event, backend) => {
      if (event.kind !== 'message' || ++count > 1) return
      const content = { blocks: buttons.blocks }
      await backend.sendMessage({ ...backend.buildReply(event, { threaded: true }), key: 'a', attempt: 1, content })
    },
  })
  expect(lines).toEqual([
    '  1 alice@#lobby: one',
    '  2   ↳ 1 bot@#lobby: Sure?',
    '  3   ↳ 1 alice@#lobby: two',
    '  4   ↳ 3 alice@#lobby: three',
  ])
  const [one, two, three] = running.host.of('message')
  expect([two?.replyTo, two?.thread, three?.replyTo]).toEqual([one?.messageId, undefined, two?.messageId])
})

test('a private message is out of reach for others', async () => {
  const { lines } = await script('/to\npsst\n/as bob\n/reply 1 what?')
  expect(lines).toEqual(['  1 alice→bot: psst', '  · Message 1 is private to alice; /as alice first.'])
})

test('a text that starts with a slash is typed with two; an unknown directive says so', async () => {
  const { lines, running } = await script('//shrug\n/shrug\n/\n/in\n/as bot\n/in a b')
  expect(running.host.of('message').map(({ body }) => body)).toEqual(['/shrug'])
  expect(lines.slice(1)).toEqual([
    '  · There is no /shrug; /help lists what there is. To say a text that starts with a slash, type //shrug.',
    '  · There is no /; /help lists what there is. To say a text that starts with a slash, type //.',
    '  · Type it like this: /in #ROOM',
    '  · "bot" is the bot; choose another name.',
    '  · "a b" cannot be the name of a room: 1 to 64 characters, no spaces, none of @ # / :',
  ])
})

test('/rooms, /people and /who tell who is where', async () => {
  const { lines } = await script('/as bob\n/in #ops\n/topic on fire\n/rooms\n/people\n/who\n/to\n/who')
  expect(lines).toEqual([
    '  · #ops is new; bot is here too',
    '  · the topic of #ops is now: on fire',
    '  · #lobby (3 inside)',
    '    #ops (2 inside): on fire',
    '  · alice',
    '    bob (you)',
    '    bot (the bot)',
    '  · You are bob in #ops. Inside: bob, bot.',
    '  · You are bob, in private with bot.',
  ])
})

test('/help names every directive', async () => {
  const { lines } = await script('/help')
  for (const name of ['as', 'in', 'to', 'rooms', 'people', 'who', 'reply', 'react', 'edit', 'delete', 'press', 'file', 'quit']) {
    expect(lines.some((line) => line.startsWith(`    /${name} `))).toBe(true)
  }
})

test('/quit ends a script early', async () => {
  const { running } = await script('one\n/quit\ntwo')
  expect(running.host.of('message').map(({ body }) => body)).toEqual(['one'])
  expect(running.host.shutdownReason).toBe('alice ended it with /quit')
})

test('files go both ways', async () => {
  await using running = await start()
  const path = join(await running.host.dataDir(), 'notes.txt')
  await writeFile(path, 'hello file')
  running.input.write(`/file ${path}\n/file /no/such\n`)
  await until(() => running.output().includes('/no/such'))
  const [file] = running.host.of('message')[0]?.files as [IncomingFile]
  expect(running.output()).toContain('  1 alice@#lobby:\n    📎 notes.txt (10 B)\n')
  const signal = new AbortController().signal
  const read = async (maxBytes: number): Promise<string> => {
    let text = ''
    for await (const chunk of running.backend.fetchFile(file, { signal, maxBytes })) text += Buffer.from(chunk).toString()
    return text
  }
  expect(await read(10)).toBe('hello file')
  await expect(read(9)).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })

  const to = await running.backend.buildIdentifier('#lobby')
  const files = [{ blob: 'b7', name: '../../etc/x.txt', type: 'text/plain', sizeBytes: 11 }]
  for (const key of ['a', 'b']) await running.backend.sendMessage({ to, key, attempt: 1, content: { blocks: [], files } })
  const saved = [...running.output().matchAll(/→ (\S+)/g)].map(([, found]) => found as string)
  const folder = join(await running.host.dataDir(), 'files')
  expect(saved).toEqual([join(folder, '_.._etc_x.txt'), join(folder, '_.._etc_x-2.txt')])
  expect(await readFile(saved[0] as string, 'utf8')).toBe('bytes of b7')
})
