import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { BotError, makePerson, makeRoom } from '@bot/core/backend'
import { TestBot, say, until } from './bot.ts'
import { Person } from './page.ts'

const bots: TestBot[] = []
afterEach(async () => {
  for (const bot of bots.splice(0)) {
    await bot.stop()
    await bot.storage.remove()
  }
})

async function start(...given: Parameters<typeof TestBot.start>): Promise<TestBot> {
  const bot = await TestBot.start(...given)
  bots.push(bot)
  return bot
}

const lobby = makeRoom('web', 'lobby')

describe('what a person says', () => {
  test('reaches the bot and the others', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    await alice.say('#lobby', 'hello **there**, @bob and @Bot')
    const [event] = await bot.told('message')
    expect(event).toMatchObject({
      body: 'hello **there**, @bob and @Bot',
      from: { kind: 'occupant', person: 'alice', verified: true },
      to: { id: 'web:lobby' },
    })
    expect(event?.mentions?.map((who) => who.id)).toEqual(['web:@bob', 'web:@bot'])
    const { message } = await bob.got('message')
    expect(message).toMatchObject({ conv: '#lobby', name: 'Alice', mentions: ['bob', 'bot'] })
    expect(JSON.stringify(message.content.blocks)).toContain('"strong"')
  })

  test('is acknowledged only when the bot has it', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let asked = false
    bot.receiving = (events) => {
      if (events[0]?.kind !== 'message') return Promise.resolve()
      asked = true
      return held
    }
    const id = randomUUID()
    const answer = alice.act({ t: 'post', id, conv: '#lobby', text: 'wait' })
    await until(() => asked, 'the bot to be asked')
    alice.send({ t: 'history', conv: '#lobby' })
    expect(alice.frames.some((frame) => frame.t === 'ok')).toBe(false)
    expect(bob.messages).toEqual([])
    release()
    expect((await answer).t).toBe('ok')
    await bob.got('message')
  })

  test('is refused in words when the bot cannot take it, and takes effect when sent again', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    bot.receiving = (events) =>
      events[0]?.kind === 'message' ? Promise.reject(new BotError('BOT_BUSY', 'internal detail')) : Promise.resolve()
    const id = randomUUID()
    const refused = await alice.act({ t: 'post', id, conv: '#lobby', text: 'now' })
    expect(refused).toMatchObject({ t: 'no', again: true, reason: expect.stringContaining('too much to do') })
    expect(JSON.stringify(refused)).not.toContain('internal detail')
    bot.receiving = () => Promise.resolve()
    expect((await alice.act({ t: 'post', id, conv: '#lobby', text: 'now' })).t).toBe('ok')
    expect(await bot.told('message')).toHaveLength(1)
    expect((await bot.backend.history(lobby, { limit: 10 })).map((message) => message.body)).toEqual(['now'])
  })

  test('takes effect once however often it is sent, also after a restart', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const id = randomUUID()
    const [first, second] = await Promise.all([
      alice.act({ t: 'post', id, conv: '#lobby', text: 'once' }),
      alice.act({ t: 'post', id, conv: '#lobby', text: 'once' }),
    ])
    expect(first.t).toBe('ok')
    expect(second.t).toBe('ok')
    await bot.stop()
    bots.length = 0
    const again = await start({}, { storage: bot.storage })
    const back = await Person.resume(again.url, alice.session)
    expect((await back.act({ t: 'post', id, conv: '#lobby', text: 'once' })).t).toBe('ok')
    expect(await again.backend.history(lobby, { limit: 10 })).toHaveLength(1)
    expect(again.events.filter((event) => event.kind === 'message')).toEqual([])
  })

  test('is told to the bot at the next start when a crash came between disk and bot', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    await alice.say('#lobby', 'first')
    bot.receiving = (events) => (events[0]?.kind === 'message' ? new Promise(() => undefined) : Promise.resolve())
    alice.send({ t: 'post', id: randomUUID(), conv: '#lobby', text: 'second' })
    await until(() => [...bot.storage.state.entries.keys()].filter((key) => key.startsWith('m/')).length === 2, 'the message on disk')
    await bot.stop()
    bots.length = 0
    const again = await start({}, { storage: bot.storage })
    expect((await again.told('message')).map((event) => event.body)).toEqual(['second'])
  })

  test('stays in order', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const texts = Array.from({ length: 40 }, (_, index) => `line ${index}`)
    await Promise.all(texts.map((text) => alice.say('#lobby', text)))
    expect((await bot.told('message', 40)).map((event) => event.body)).toEqual(texts)
  })

  test('to another person never reaches the bot', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    const carol = await Person.enter(bot, 'Carol')
    await alice.say('@bob', 'between us')
    expect((await bob.got('message')).message).toMatchObject({ conv: '@alice', text: 'between us' })
    await alice.say('@bot', 'and to you')
    expect((await bot.told('message')).map((event) => event.body)).toEqual(['and to you'])
    expect(bot.events.find((event) => event.kind === 'message')).toMatchObject({
      to: { id: 'web:@bot' },
      from: { kind: 'person', id: 'web:@alice' },
    })
    expect(carol.messages).toEqual([])
  })

  test('can be edited, reacted to, answered in a thread and deleted by those who may', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    const said = await alice.say('#lobby', 'draft')
    expect(await bob.act({ t: 'edit', conv: '#lobby', message: said.id, text: 'stolen' })).toMatchObject({ t: 'no', again: false })
    await alice.act({ t: 'edit', conv: '#lobby', message: said.id, text: 'final' })
    await bob.act({ t: 'react', conv: '#lobby', message: said.id, reaction: '👍', on: true })
    await bob.say('#lobby', 'answer', { thread: said.id })
    expect((await bot.told('message-edited'))[0]).toMatchObject({ body: 'final', messageId: said.id })
    expect((await bot.told('reaction'))[0]).toMatchObject({
      reaction: '👍',
      action: 'added',
      reactor: { person: 'bob' },
      reactedToOwner: { person: 'alice' },
    })
    expect((await bot.told('message', 2))[1]).toMatchObject({ thread: said.id })
    expect(alice.messages.find((message) => message.id === said.id)).toMatchObject({
      text: 'final',
      reactions: [{ reaction: '👍', by: ['bob'] }],
    })
    await alice.act({ t: 'delete', conv: '#lobby', message: said.id })
    expect((await bot.told('message-deleted'))[0]).toMatchObject({ messageId: said.id, by: { person: 'alice' } })
    await bob.got('message', ({ message }) => message.id === said.id && message.deleted === true && message.text === '')
  })

  test('is not taken from somebody who is not in the room', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    await alice.act({ t: 'join', room: 'secret', create: true, private: true })
    const said = await alice.say('#secret', 'hush')
    expect(await bob.act({ t: 'post', conv: '#secret', text: 'let me in' })).toMatchObject({ t: 'no' })
    expect(await bob.act({ t: 'join', room: 'secret' })).toMatchObject({ t: 'no' })
    expect(await bob.act({ t: 'react', conv: '#lobby', message: said.id, reaction: '👍', on: true })).toMatchObject({ t: 'no' })
    bob.send({ t: 'history', conv: '#secret' })
    await bob.say('#lobby', 'after')
    expect(JSON.stringify(bob.frames)).not.toContain('hush')
    expect(JSON.stringify(bob.frames)).not.toContain('secret"')
  })
})

describe('coming back', () => {
  test('brings what was missed, once, and nothing else', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    const early = await alice.say('#lobby', 'early')
    const { rev } = await bob.got('ready')
    const { epoch } = await bob.got('welcome')
    const since = Math.max(rev, early.rev)
    await bob.leave()
    await alice.say('#lobby', 'missed')
    await alice.act({ t: 'edit', conv: '#lobby', message: early.id, text: 'early, edited' })
    const back = await Person.resume(bot.url, bob.session, { since, epoch })
    expect((await back.got('welcome')).reset).toBe(false)
    expect(back.messages.map((message) => message.text).sort()).toEqual(['early, edited', 'missed'])
    const now = (await back.got('ready')).rev
    await back.leave()
    expect((await Person.resume(bot.url, bob.session, { since: now, epoch })).messages).toEqual([])
    expect((await (await Person.resume(bot.url, bob.session, { since: now, epoch: 'other' })).got('welcome')).reset).toBe(true)
  })

  test('after a restart finds rooms, messages, reactions and sessions as they were', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    await alice.act({ t: 'join', room: 'Ops', create: true, topic: 'what runs' })
    const said = await alice.say('#ops', 'kept')
    await bot.backend.addReaction({ to: makeRoom('web', 'ops') }, said.id, '✅')
    await bot.stop()
    bots.length = 0
    const again = await start({}, { storage: bot.storage })
    const back = await Person.resume(again.url, alice.session)
    expect((await back.got('welcome')).rooms.find((room) => room.name === 'ops')).toMatchObject({ topic: 'what runs', joined: true })
    expect(back.messages).toMatchObject([{ text: 'kept', reactions: [{ reaction: '✅', by: ['bot'] }] }])
  })

  test('keeps no more than the history is to hold', async () => {
    const bot = await start({ historySize: 5 })
    const alice = await Person.enter(bot, 'Alice')
    for (let index = 0; index < 9; index += 1) await alice.say('#lobby', `m${index}`)
    expect((await bot.backend.history(lobby, { limit: 100 })).map((message) => message.body)).toEqual(['m4', 'm5', 'm6', 'm7', 'm8'])
    await until(() => [...bot.storage.state.entries.keys()].filter((key) => key.startsWith('m/')).length === 5, 'the trimmed storage')
  })
})

describe('what the bot does', () => {
  test('is sent once for one key, for ever', async () => {
    const bot = await start({ historySize: 1 })
    const alice = await Person.enter(bot, 'Alice')
    const message = { key: 'in1#0', to: lobby, content: say('hi'), attempt: 1 }
    const [first, second] = await Promise.all([bot.backend.sendMessage(message), bot.backend.sendMessage({ ...message, attempt: 2 })])
    expect(second.messageId).toBe(first.messageId)
    await alice.say('#lobby', 'pushes it out of the history')
    await bot.stop()
    bots.length = 0
    const again = await start({ historySize: 1 }, { storage: bot.storage })
    expect((await again.backend.sendMessage({ ...message, attempt: 3 })).messageId).toBe(first.messageId)
    expect((await again.backend.history(lobby, { limit: 10 })).map((one) => one.body)).toEqual(['pushes it out of the history'])
  })

  test('shows as edits in place, private notes, typing, presence and reactions', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    const { messageId } = await bot.backend.sendMessage({ key: 'a', to: lobby, content: say('one'), attempt: 1 })
    for (const text of ['one two', 'one two three'])
      await bot.backend.editMessage({ to: lobby }, messageId, { key: 'b', to: lobby, content: say(text), attempt: 1 })
    await bot.backend.sendEphemeral({ key: 'c', to: lobby, content: say('psst'), attempt: 1 }, makePerson('web', 'alice'))
    await bot.backend.sendTyping({ to: lobby })
    await bot.backend.changePresence('away', 'updating')
    await alice.got('typing', (frame) => frame.who === 'bot')
    await alice.got('person', ({ person }) => person.id === 'bot' && person.status === 'away' && person.text === 'updating')
    expect(JSON.stringify(alice.messages.find((message) => message.id === messageId))).toContain('one two three')
    expect(alice.messages.filter((message) => message.onlyYou)).toHaveLength(1)
    expect(bob.messages).toHaveLength(1)
    await bot.backend.deleteMessage({ to: lobby }, messageId)
    await bob.got('message', ({ message }) => message.deleted === true)
    await expect(
      bot.backend.editMessage({ to: lobby }, messageId, { key: 'd', to: lobby, content: say('x'), attempt: 1 }),
    ).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })
  })

  test('with buttons comes back as an action, and only what was offered does', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const actions = [{ type: 'button' as const, action: 'deploy', label: 'Deploy', value: 'v1' }]
    const { messageId } = await bot.backend.sendMessage({ key: 'a', to: lobby, content: { ...say('Deploy?'), actions }, attempt: 1 })
    expect(await alice.act({ t: 'press', conv: '#lobby', message: messageId, action: 'deploy', value: 'v2' })).toMatchObject({ t: 'no' })
    await alice.act({ t: 'press', conv: '#lobby', message: messageId, action: 'deploy', value: 'v1' })
    expect(await bot.told('action')).toMatchObject([{ action: 'deploy', value: 'v1', messageId, from: { person: 'alice' } }])
  })

  test('to rooms and people that are not there has codes', async () => {
    const bot = await start()
    const send = (to: Parameters<typeof bot.backend.sendMessage>[0]['to']) =>
      bot.backend.sendMessage({ key: randomUUID(), to, content: say('x'), attempt: 1 })
    await expect(async () => send(makeRoom('web', 'nowhere'))).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' })
    await expect(async () => send(makePerson('web', 'nobody'))).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })
    await (await bot.backend.queryRoom('lobby')).leave()
    await expect(async () => send(lobby)).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' })
    await expect(bot.backend.buildIdentifier('#nowhere')).rejects.toMatchObject({ code: 'BOT_ADDRESS_UNKNOWN' })
    expect((await bot.backend.buildIdentifier('#Lobby')).id).toBe('web:lobby')
  })
})

describe('rooms', () => {
  test('can be made, named, peopled and closed by the bot', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const room = await bot.backend.joinRoom('War-Room')
    await room.setTopic('the outage')
    expect(await room.topic()).toBe('the outage')
    await room.invite(makePerson('web', 'alice'))
    await alice.got('room', (frame) => frame.room.invitedBy === 'Bot')
    await alice.act({ t: 'join', room: 'war-room' })
    expect((await bot.told('room-joined'))[0]).toMatchObject({ room: { id: 'web:war-room' }, who: { person: 'alice' } })
    expect((await room.occupants()).map((who) => who.id).sort()).toEqual(['web:war-room/alice', 'web:war-room/bot'])
    await room.kick(makePerson('web', 'alice'), 'time for bed')
    expect((await alice.got('room-gone')).reason).toContain('time for bed')
    expect((await bot.told('room-left'))[0]).toMatchObject({ who: { person: 'alice' }, kickedBy: { person: 'bot' } })
    expect((await bot.backend.rooms()).map((one) => one.identifier.room)).toEqual(['lobby', 'war-room'])
    await room.destroy()
    expect(await room.exists()).toBe(false)
    await expect(room.topic()).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' })
  })

  test('tell the bot who comes and goes', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    await bot.told('presence')
    await alice.act({ t: 'topic', room: 'lobby', topic: 'tea' })
    await alice.act({ t: 'leave', room: 'lobby' })
    expect((await bot.told('room-topic'))[0]).toMatchObject({ topic: 'tea', by: { person: 'alice' } })
    expect((await bot.told('room-left'))[0]).toMatchObject({ who: { person: 'alice' } })
    await alice.leave()
    const presences = () => bot.events.filter((event) => event.kind === 'presence')
    await until(() => {
      bot.storage.clock.skip(6000)
      return presences().length === 2
    }, 'the departure')
    expect(presences()[1]).toMatchObject({ status: 'offline', who: { person: 'alice' } })
  })
})
