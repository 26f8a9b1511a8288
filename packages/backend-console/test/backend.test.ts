import { abilitiesOf, parseIdentifier, type Content, type Json, type OutgoingMessage } from '@bot/core/backend'
import { expect, test } from 'vitest'
import { script, start, until } from './host.ts'

const content: Content = { blocks: [{ type: 'paragraph', children: [{ type: 'text', text: 'hello' }] }] }

function message(key: string, id: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { to: parseIdentifier(id), key, attempt: 1, content, ...more }
}

test('identifiers round-trip, and addresses are understood as people write them', async () => {
  await using running = await start()
  const { backend } = running
  const pairs = { '#lobby': 'console:lobby', '@alice': 'console:@alice', '@nobody-yet': 'console:@nobody-yet' }
  for (const [address, id] of Object.entries(pairs)) expect((await backend.buildIdentifier(address)).id).toBe(id)
  for (const id of ['console:lobby', 'console:@alice', 'console:lobby/alice', 'console:%E9%83%A8', 'console:@bot']) {
    const built = await backend.buildIdentifier(id)
    expect(built.id).toBe(id)
    expect(parseIdentifier(built.id).id).toBe(id)
  }
  expect(await backend.buildIdentifier('@bot')).toMatchObject({ bot: true, verified: true })
  for (const wrong of ['lobby', '#nowhere', '', '#', '@', 'slack:C1', 'console:', '@a b', 'what ever']) {
    await expect(backend.buildIdentifier(wrong), wrong).rejects.toMatchObject({ code: 'BOT_ADDRESS_UNKNOWN' })
  }
})

test('a key is shown once; sending tells apart why it cannot', async () => {
  await using running = await start()
  const { backend } = running
  const first = await backend.sendMessage(message('a', 'console:lobby'))
  expect(await backend.sendMessage(message('a', 'console:lobby', { attempt: 2 }))).toEqual(first)
  await backend.sendMessage(message('b', 'console:@bob'))
  expect(running.output()).toBe('  1 bot@#lobby: hello\n  2 bot→bob: hello\n')
  await expect(backend.sendMessage(message('c', 'console:nowhere'))).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' })
  await (await backend.queryRoom('#lobby')).leave()
  await expect(backend.sendMessage(message('d', 'console:lobby'))).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' })
  await (await backend.queryRoom('#lobby')).join()
  await backend.sendMessage(message('d', 'console:lobby', { attempt: 2 }))
  expect(running.output()).toMatch(/ 3 bot@#lobby: hello\n$/)
})

test('edits, deletions, reactions, presence and messages for one person are shown', async () => {
  await using running = await start()
  const { backend } = running
  const to = parseIdentifier('console:lobby')
  const { messageId } = await backend.sendMessage(message('a', 'console:lobby'))
  const receipt = await backend.editMessage({ to }, messageId, message('b', 'console:lobby'))
  expect(receipt.messageId).toBe(messageId)
  await backend.addReaction({ to }, messageId, '👀')
  await backend.removeReaction({ to }, messageId, '👀')
  await backend.deleteMessage({ to }, messageId)
  await backend.sendEphemeral(message('c', 'console:lobby'), backend.directory.person('alice'))
  await backend.changePresence('away', 'lunch')
  await backend.editMessage({ to }, 'of an earlier run', message('d', 'console:lobby'))
  expect(running.output().split('\n')).toEqual([
    '  1 bot@#lobby: hello',
    '  ✎ 1: hello',
    '  · bot reacted 👀 to 1',
    '  · bot took 👀 off 1',
    '  · bot deleted 1',
    '  2 bot@#lobby (only you): hello',
    '  · bot is away: lunch',
    '  3 bot@#lobby ✎: hello',
    '',
  ])
})

test('all handles on a room share its state, which outlives the process', async () => {
  const values = new Map<string, Json>()
  {
    await using running = await start({ values })
    const { backend } = running
    const room = await backend.joinRoom('#ops')
    await room.setTopic('alerts')
    await room.invite(backend.directory.person('bob'))
    const again = await backend.queryRoom('console:ops')
    expect(await again.topic()).toBe('alerts')
    expect((await again.occupants()).map(String)).toEqual(['console:ops/bob', 'console:ops/bot'])
    expect((await backend.rooms()).map(String)).toEqual(['console:lobby', 'console:ops'])
    await again.kick(backend.directory.person('bob'), 'enough')
    await expect(again.kick(backend.directory.person('bob'))).rejects.toMatchObject({ code: 'ROOM_REFUSED' })
    await until(() => running.host.of('room-left').length === 1)
    expect(running.host.of('room-joined').map(({ who, invitedBy }) => [who.id, invitedBy?.id])).toEqual([
      ['console:lobby/alice', undefined],
      ['console:ops/bot', undefined],
      ['console:ops/bob', 'console:ops/bot'],
    ])
    expect(running.host.of('room-left')[0]).toMatchObject({ kickedBy: { id: 'console:ops/bot' } })
    expect(running.host.of('room-topic')[0]).toMatchObject({ topic: 'alerts' })
  }
  await using later = await start({ values })
  const room = await later.backend.queryRoom('ops')
  expect([await room.exists(), await room.joined(), await room.topic()]).toEqual([true, true, 'alerts'])
  await room.destroy()
  expect(await room.exists()).toBe(false)
  await expect(room.topic()).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' })
  await room.destroy()
  await room.create({ topic: 'anew' })
  expect([await room.joined(), await room.topic()]).toEqual([false, 'anew'])
  await expect(room.leave()).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' })
})

test('the bot does not hear a room it is not in, nor somebody who was put out', async () => {
  await using running = await start()
  const room = await running.backend.queryRoom('#lobby')
  await room.leave('bye')
  running.input.write('anybody?\n/in #lobby\n')
  await until(() => running.output().includes('hears nothing'))
  expect(running.host.of('message')).toEqual([])
  await room.join()
  await room.kick(running.backend.directory.person('alice'))
  running.input.write('still here\n')
  await until(() => running.output().includes('alice is no longer in #lobby; nothing was said.'))
  expect(running.host.of('message')).toEqual([])
})

test('history tells what was said in a room', async () => {
  const { running } = await script('one\n/in #ops\nelsewhere\n/in #lobby\ntwo\n/delete 1\nthree')
  const lobby = parseIdentifier('console:lobby')
  const all = await running.backend.history(lobby, { limit: 10 })
  expect(all.map(({ body }) => body)).toEqual(['two', 'three'])
  expect((await running.backend.history(lobby, { limit: 10, before: all[1]?.messageId as string })).map(({ body }) => body)).toEqual([
    'two',
  ])
  expect((await running.backend.history(lobby, { limit: 1 })).map(({ body }) => body)).toEqual(['three'])
})

test('the abilities are those that README.md lists', async () => {
  await using running = await start()
  expect(abilitiesOf(running.backend)).toMatchInlineSnapshot(`
    {
      "features": [
        "threads",
        "cards",
        "actions",
        "files",
        "mentions",
      ],
      "methods": [
        "changePresence",
        "queryRoom",
        "rooms",
        "editMessage",
        "deleteMessage",
        "sendEphemeral",
        "sendTyping",
        "addReaction",
        "removeReaction",
        "fetchFile",
        "history",
      ],
      "rooms": [
        "join",
        "leave",
        "create",
        "destroy",
        "exists",
        "joined",
        "topic",
        "setTopic",
        "occupants",
        "invite",
        "kick",
      ],
    }
  `)
})
