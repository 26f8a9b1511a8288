import { describe, expect, test } from 'vitest'

import { BotError } from '../../src/contract/errors.ts'
import { makeRoom } from '../../src/contract/identifier.ts'
import { CONTRACT, type SinkModule } from '../../src/contract/module.ts'
import { MUCRoom } from '../../src/contract/room.ts'
import type { SinkContext, SinkCoreOptions, SinkDelivery, SinkHost } from '../../src/contract/sink.ts'
import type { Json } from '../../src/contract/events.ts'
import { startWorld, type World } from '../bot-in-memory.ts'
import { settle } from '../manual-clock.ts'
import { Network } from '../network.ts'

type Handle = (delivery: SinkDelivery, context: SinkContext) => Promise<Json | undefined>

/** A sink whose door is the test's own hand. */
class Door {
  host!: SinkHost
  started = 0
  stopped = 0
  handle: Handle = async ({ body }, { send }) => {
    await send(await this.host.conversation('lobby'), new TextDecoder().decode(body))
    return 'said'
  }

  readonly module: SinkModule<unknown> = {
    kind: 'sink',
    name: 'door',
    contract: CONTRACT,
    create: (_options, host) => {
      this.host = host
      return {
        start: async () => void this.started++,
        stop: async () => void this.stopped++,
        handle: (delivery, context) => this.handle(delivery, context),
      }
    },
  }

  post(text: string, dedupe?: string) {
    return this.host.accept({
      path: '/lobby',
      query: '',
      body: Buffer.from(text),
      lane: 'lobby',
      ...(dedupe === undefined ? {} : { dedupe }),
    })
  }
}

async function world(core: SinkCoreOptions = { conversations: ['*'] }): Promise<{ readonly door: Door; readonly w: World }> {
  const door = new Door()
  const network = new Network()
  network.rooms = ['lobby', 'ops']
  const w = await startWorld({ network, sinks: { door: { module: door.module, core } } })
  return { door, w }
}

describe('what a sink accepts', () => {
  test('is said, and whoever waits gets the result', async () => {
    const { door, w } = await world()
    const accepted = await door.post('hello')
    expect(accepted).toMatchObject({ duplicate: false })
    await expect(accepted.done).resolves.toBe('said')
    await settle()
    expect(w.network.messages.map(({ to, text }) => [to, text])).toEqual([['net:lobby', 'hello']])
  })

  test('twice under one key is said once, also after a restart; the second gets the first result', async () => {
    const { door, w } = await world()
    const first = await door.post('once', 'key-1')
    await first.done
    const second = await door.post('once', 'key-1')
    expect(second).toMatchObject({ id: first.id, duplicate: true })
    await expect(second.done).resolves.toBe('said')
    await w.crashAndRestart()
    expect(await door.post('once', 'key-1')).toMatchObject({ id: first.id, duplicate: true })
    await settle()
    expect(w.network.texts).toEqual(['once'])
  })

  test('is handled after a crash when it was not before, and nothing is said twice', async () => {
    const { door, w } = await world()
    const handle = door.handle
    door.handle = async (delivery, context) => {
      await handle(delivery, context)
      return new Promise(() => {})
    }
    await door.post('survives')
    await settle()
    door.handle = handle
    await w.crashAndRestart()
    expect(w.network.texts).toEqual(['survives'])
    expect(await w.bot.deliveries.list({ box: 'in', state: 'ready' })).toEqual([])
  })

  test('and fails on is tried again with growing pauses, then is a dead letter with payload and reason, and can be replayed', async () => {
    const { door, w } = await world()
    const handle = door.handle
    let tries = 0
    door.handle = () => {
      tries++
      return Promise.reject(new Error('the service behind it is down'))
    }
    const accepted = await door.post('{"precious":"bytes"}')
    await expect(accepted.done).rejects.toThrow('down')
    await w.clock.advance(24 * 60 * 60 * 1000)
    expect(tries).toBe(10)
    const [dead] = await w.bot.deliveries.list({ state: 'dead' })
    expect(dead).toMatchObject({ box: 'in', id: accepted.id, error: 'the service behind it is down', attempts: 10 })
    expect(Buffer.from((dead as { raw: Uint8Array }).raw).toString()).toBe('{"precious":"bytes"}')
    door.handle = handle
    expect(await w.bot.deliveries.replay(accepted.id)).toBe(true)
    await settle()
    expect(w.network.texts).toEqual(['{"precious":"bytes"}'])
  })

  test('and cannot be understood is a dead letter at once', async () => {
    const { door, w } = await world()
    door.handle = () => Promise.reject(new BotError('SINK_PAYLOAD', 'no "echo"'))
    await (await door.post('nonsense')).done.catch(() => {})
    await settle()
    expect(await w.bot.deliveries.list({ state: 'dead' })).toMatchObject([{ error: 'no "echo"' }])
  })

  test('one that fails does not hold up the others', async () => {
    const { door, w } = await world()
    const handle = door.handle
    door.handle = (delivery, context) =>
      Buffer.from(delivery.body).toString() === 'bad' ? Promise.reject(new Error('bad one')) : handle(delivery, context)
    await door.post('bad')
    await door.post('good')
    await settle()
    expect(w.network.texts).toEqual(['good'])
  })

  test('while the bot stops is refused', async () => {
    const { door, w } = await world()
    await w.bot.stop()
    expect(door.stopped).toBe(1)
    await expect(door.post('late')).rejects.toMatchObject({ code: 'BOT_CLOSED' })
  })
})

describe('a conversation id', () => {
  test.each([
    ['an alias', 'team', 'net:ops'],
    ['a canonical id', 'net:ops', 'net:ops'],
    ['a canonical id of a person', 'net:@alice', 'net:@alice'],
    ['the name of a room', 'lobby', 'net:lobby'],
  ])('may be %s', async (_what, id, expected) => {
    const { door } = await world({ conversations: ['*'], aliases: { team: 'net:ops' } })
    expect((await door.host.conversation(id)).id).toBe(expected)
  })

  test.each(['nowhere', 'slack:C1', '', '__proto__', 'constructor'])('%j is unknown', async (id) => {
    const { door } = await world({ conversations: ['*'], aliases: { team: 'net:ops' } })
    await expect(door.host.conversation(id)).rejects.toMatchObject({ code: 'SINK_CONVERSATION_UNKNOWN' })
  })

  test('has to be on the list, however it is written', async () => {
    const { door } = await world({ conversations: ['lobby'], aliases: { team: 'ops' } })
    expect((await door.host.conversation('lobby')).id).toBe('net:lobby')
    expect((await door.host.conversation('net:lobby')).id).toBe('net:lobby')
    await expect(door.host.conversation('ops')).rejects.toMatchObject({ code: 'SINK_CONVERSATION_FORBIDDEN' })
    await expect(door.host.conversation('team')).rejects.toMatchObject({ code: 'SINK_CONVERSATION_FORBIDDEN' })
  })

  test('without a list may only be an alias', async () => {
    const { door } = await world({ aliases: { team: 'ops' } })
    expect((await door.host.conversation('team')).id).toBe('net:ops')
    await expect(door.host.conversation('lobby')).rejects.toMatchObject({ code: 'SINK_CONVERSATION_FORBIDDEN' })
  })

  test('by bare name needs to know which backend is meant', async () => {
    const door = new Door()
    const [a, b] = [new Network(), new Network()]
    a.rooms = b.rooms = ['lobby']
    const backends = { a: { module: a.module() }, b: { module: b.module() } }
    await startWorld({ network: a, backends, sinks: { door: { module: door.module, core: { conversations: ['*'] } } } })
    await expect(door.host.conversation('lobby')).rejects.toMatchObject({ code: 'SINK_CONVERSATION_UNKNOWN' })
    expect((await door.host.conversation('b:lobby')).id).toBe('b:lobby')
  })

  test('is looked for in the backend that the sink names; one that is not there stops the start', async () => {
    const door = new Door()
    const start = startWorld({ sinks: { door: { module: door.module, core: { backend: 'slack' } } } })
    await expect(start).rejects.toMatchObject({ code: 'BOT_CONFIG', message: expect.stringContaining('sinks.door.backend') as string })
  })
})

describe('rooms of the network', () => {
  test('what a room cannot do it says by one code', async () => {
    const room = new MUCRoom(makeRoom('net', 'lobby'))
    for (const call of [
      () => room.join(),
      () => room.leave(),
      () => room.topic(),
      () => room.setTopic('x'),
      () => room.occupants(),
      () => room.invite(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'BACKEND_UNSUPPORTED' })
    }
  })
})

describe('while a backend has not connected yet', () => {
  test('what was accepted before waits for it, and is then said', async () => {
    const { door, w } = await world({ conversations: ['lobby'] })
    const handle = door.handle
    door.handle = () => new Promise(() => {})
    await door.post('early bird')
    await settle()
    door.handle = handle
    // The network knows its rooms only once somebody is connected, and the connection takes its time.
    w.network.rooms = []
    w.network.onConnect = () => {
      w.network.rooms = ['lobby']
    }
    await w.crashAndRestart()
    expect(w.network.texts).toEqual(['early bird'])
  })

  test('nobody is told that a room does not exist', async () => {
    const { door, w } = await world({ conversations: ['*'] })
    w.network.onConnect = () => {
      throw new BotError('BACKEND_UNAVAILABLE', 'down')
    }
    w.network.drop(new Error('gone'))
    await settle()
    await expect(door.host.conversation('ops')).rejects.toMatchObject({ code: 'BACKEND_NOT_CONNECTED' })
  })
})
