import { describe, expect, test } from 'vitest'

import { BotError } from '../../src/contract/errors.ts'
import { definePlugin } from '../../src/plugins/define.ts'
import { startWorld } from '../bot-in-memory.ts'
import { settle } from '../manual-clock.ts'
import { Network } from '../network.ts'

const echo = definePlugin({
  name: 'echo',
  commands: { echo: { description: 'Says it again.', run: ({ text }) => text } },
})

/** Fails the first calls, then lets the rest through. */
function failing(times: number, make: () => Error): () => Error | undefined {
  let left = times
  return () => (left-- > 0 ? make() : undefined)
}

describe('a send that fails', () => {
  test('is tried again after the pause that the network asked for, in order, and holds up no other room', async () => {
    const network = new Network()
    let limited = true
    network.failBefore = ({ to }) =>
      limited && to.id === 'net:lobby' ? new BotError('BACKEND_RATE_LIMITED', 'slow down', { retryAfterMs: 30_000 }) : undefined
    const { bot, clock } = await startWorld({ network })
    await bot.send('net:lobby', 'first')
    await bot.send('net:lobby', 'second')
    await bot.send('net:other', 'elsewhere')
    await settle()
    limited = false
    await clock.advance(29_999)
    expect(network.texts).toEqual(['elsewhere'])
    await clock.advance(1)
    expect(network.texts).toEqual(['elsewhere', 'first', 'second'])
  })

  test('waits while there is no connection', async () => {
    const network = new Network()
    network.failBefore = failing(3, () => new BotError('BACKEND_NOT_CONNECTED', 'no connection'))
    const { bot, clock } = await startWorld({ network })
    const sent = await bot.send('net:lobby', 'hello')
    await clock.advance(60_000)
    expect(network.texts).toEqual(['hello'])
    await expect(sent.delivered()).resolves.toEqual([{ messageId: 'm1' }])
  })

  test('for good is a dead letter with its payload and reason, and can be replayed', async () => {
    const network = new Network()
    network.failBefore = failing(1, () => new BotError('BACKEND_REFUSED', 'not in this channel'))
    const { bot } = await startWorld({ network })
    const sent = await bot.send('net:lobby', 'refused once')
    await bot.send('net:lobby', 'next')
    await expect(sent.delivered()).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })
    await settle()
    expect(network.texts).toEqual(['next'])
    const [dead] = await bot.deliveries.list({ state: 'dead' })
    expect(dead).toMatchObject({ box: 'out', error: 'not in this channel', state: 'dead' })
    expect(await bot.deliveries.replay(sent.key)).toBe(true)
    await settle()
    expect(network.texts).toEqual(['next', 'refused once'])
  })

  test('perhaps is sent again where the network recognises a repeat', async () => {
    const network = new Network()
    network.idempotentMs = Number.POSITIVE_INFINITY
    network.failAfter = failing(2, () => new BotError('BACKEND_OUTCOME_UNKNOWN', 'connection reset'))
    const { bot, clock } = await startWorld({ network })
    const sent = await bot.send('net:lobby', 'once')
    await clock.advance(60_000)
    expect(network.texts).toEqual(['once'])
    await expect(sent.delivered()).resolves.toEqual([{ messageId: 'm1' }])
  })

  test('perhaps is looked up where the network can say', async () => {
    const network = new Network()
    network.findSent = (message) => {
      const found = network.messages.find(({ key }) => key === message.key)
      return Promise.resolve(found && { messageId: found.messageId })
    }
    network.failAfter = failing(1, () => new BotError('BACKEND_OUTCOME_UNKNOWN', 'connection reset'))
    const { bot, clock } = await startWorld({ network })
    const sent = await bot.send('net:lobby', 'once')
    await clock.advance(60_000)
    expect(network.texts).toEqual(['once'])
    await expect(sent.delivered()).resolves.toEqual([{ messageId: 'm1' }])
  })

  test('perhaps, and nobody can tell, is listed as ambiguous and not repeated', async () => {
    const network = new Network()
    network.failAfter = failing(1, () => new Error('socket hang up'))
    const { bot, clock } = await startWorld({ network })
    const sent = await bot.send('net:lobby', 'perhaps')
    await bot.send('net:lobby', 'next')
    await clock.advance(60_000)
    expect(network.texts).toEqual(['perhaps', 'next'])
    await expect(sent.delivered()).rejects.toMatchObject({ code: 'BACKEND_OUTCOME_UNKNOWN' })
    expect(await bot.deliveries.list({ state: 'ambiguous' })).toMatchObject([{ box: 'out', key: sent.key, error: 'socket hang up' }])
  })

  test('for a day is given up', async () => {
    const network = new Network()
    network.failBefore = () => new BotError('BACKEND_UNAVAILABLE', '502')
    const { bot, clock } = await startWorld({ network })
    await bot.send('net:lobby', 'never')
    await clock.advance(25 * 60 * 60 * 1000)
    expect(await bot.deliveries.list({ state: 'dead' })).toMatchObject([{ error: '502' }])
  })
})

describe('pacing', () => {
  test('a room is spoken to no faster than its network wants; rooms do not wait for each other', async () => {
    const network = new Network()
    network.pace = { room: { burst: 1, perSecond: 1 } }
    const { bot, clock } = await startWorld({ network })
    for (let number = 0; number < 5; number++) {
      await bot.send('net:one', `one ${number}`)
      await bot.send('net:two', `two ${number}`)
    }
    await settle()
    expect(network.texts).toHaveLength(2)
    await clock.advance(2000)
    expect(network.texts).toHaveLength(6)
    await clock.advance(2000)
    expect(network.texts).toHaveLength(10)
    expect(network.texts.filter((text) => text.startsWith('one'))).toEqual(['one 0', 'one 1', 'one 2', 'one 3', 'one 4'])
  })
})

describe('a crash', () => {
  test('repeats no reply, loses none, and commits what the handler wrote once', async () => {
    const hold = Promise.withResolvers<void>()
    let runs = 0
    const steps = definePlugin({
      name: 'steps',
      commands: {
        steps: {
          description: 'Says three things.',
          async run({ reply, state }) {
            runs++
            await state.update('count', (count) => Number(count ?? 0) + 1)
            await reply('one')
            if (runs === 1) await hold.promise
            await reply('two')
            await reply('three')
          },
        },
      },
    })
    const world = await startWorld({ plugins: [steps] })
    await world.network.say('!steps')
    await settle()
    expect(world.network.texts).toEqual(['one'])
    await world.crashAndRestart()
    expect(runs).toBe(2)
    expect(world.network.texts).toEqual(['one', 'two', 'three'])
    expect(await world.store.get('plugin/steps', 'count')).toBe(1)
  })

  test('between send and receipt is ambiguous where the network cannot tell, and the rest goes out', async () => {
    const network = new Network()
    const never = new Promise<void>(() => {})
    network.gate = ({ content }) => (JSON.stringify(content).includes('lost') ? never : Promise.resolve())
    const world = await startWorld({ network })
    await world.bot.send('net:lobby', 'lost')
    await world.bot.send('net:lobby', 'next')
    await settle()
    expect(network.texts).toEqual([])
    network.gate = undefined
    await world.crashAndRestart()
    expect(network.texts).toEqual(['next'])
    expect(await world.bot.deliveries.list({ state: 'ambiguous' })).toHaveLength(1)
  })

  test('between send and receipt is one message where the network recognises a repeat', async () => {
    const network = new Network()
    network.idempotentMs = Number.POSITIVE_INFINITY
    network.failAfter = failing(1, () => new BotError('BACKEND_OUTCOME_UNKNOWN', 'killed'))
    const world = await startWorld({ network })
    await world.bot.send('net:lobby', 'once')
    await settle()
    await world.crashAndRestart()
    await settle()
    expect(network.texts).toEqual(['once'])
    expect(await world.bot.deliveries.list({ state: 'ready' })).toEqual([])
  })

  test('in the middle of a split message sends only the missing parts', async () => {
    const network = new Network()
    network.max = 12
    network.idempotentMs = Number.POSITIVE_INFINITY
    const never = new Promise<void>(() => {})
    network.gate = () => (network.messages.length >= 2 ? never : Promise.resolve())
    const world = await startWorld({ network })
    await world.bot.send('net:lobby', 'aaaa bbbb cccc dddd eeee ffff')
    await settle()
    expect(network.texts).toHaveLength(2)
    network.gate = undefined
    await world.crashAndRestart()
    expect(network.texts.join(' ')).toBe('aaaa bbbb cccc dddd eeee ffff')
  })

  test('that the event itself causes, again and again, ends in the dead letters', async () => {
    const poison = definePlugin({
      name: 'poison',
      commands: { poison: { description: 'Ends the process.', run: () => new Promise<void>(() => {}) } },
    })
    const world = await startWorld({ plugins: [poison, echo] })
    await world.network.say('!poison')
    await settle()
    for (let life = 0; life < 11; life++) await world.crashAndRestart()
    expect(await world.bot.deliveries.list({ state: 'dead', box: 'in' })).toMatchObject([
      { error: 'The process ended before the handler did.' },
    ])
    await world.network.say('!echo alive')
    await settle()
    expect(world.network.texts).toEqual(['alive'])
  })
})

describe('order and memory', () => {
  test('rooms are parallel, and in order within, under random delays', async () => {
    const delays = [70, 10, 50, 0, 30, 20]
    let next = 0
    const slow = definePlugin({
      name: 'slow',
      commands: {
        slow: {
          description: 'Takes its time.',
          async run({ text, clock }) {
            await clock.sleep(delays[next++ % delays.length] as number)
            return text
          },
        },
      },
    })
    const { network, clock } = await startWorld({ plugins: [slow] })
    for (let number = 0; number < 20; number++) {
      for (let room = 0; room < 10; room++) await network.say(`!slow ${number}`, { room: `r${room}` })
    }
    await clock.advance(20 * 70)
    for (let room = 0; room < 10; room++) {
      const texts = network.messages.filter(({ to }) => to === `net:r${room}`).map(({ text }) => text)
      expect(texts).toEqual(Array.from({ length: 20 }, (_, number) => String(number)))
    }
  })

  test('what does not fit in memory waits in the store and comes in order', async () => {
    const open = Promise.withResolvers<void>()
    const gate = definePlugin({
      name: 'gate',
      commands: {
        gate: {
          description: 'Waits.',
          async run({ text }) {
            await open.promise
            return text
          },
        },
      },
    })
    const { network } = await startWorld({ plugins: [gate], limits: { inMemory: 8 } })
    for (let number = 0; number < 100; number++) await network.say(`!gate ${number}`)
    await settle()
    expect(network.texts).toEqual([])
    open.resolve()
    for (let turn = 0; turn < 50; turn++) await settle()
    expect(network.texts).toEqual(Array.from({ length: 100 }, (_, number) => String(number)))
  })

  test('a full backlog holds the network back, and nothing is lost', async () => {
    const open = Promise.withResolvers<void>()
    const gate = definePlugin({
      name: 'gate',
      commands: { gate: { description: 'Waits.', run: async ({ text }) => open.promise.then(() => text) } },
    })
    const { network, clock } = await startWorld({ plugins: [gate], limits: { backlog: 3 } })
    let accepted = 0
    const all = Array.from({ length: 6 }, (_, number) => network.say(`!gate ${number}`).then(() => void accepted++))
    await clock.advance(1000)
    expect(accepted).toBe(3)
    open.resolve()
    await clock.advance(1000)
    await Promise.all(all)
    await clock.advance(1000)
    expect(network.texts.toSorted()).toEqual(['0', '1', '2', '3', '4', '5'])
  })
})
