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

describe('the connection', () => {
  test('is made again after growing pauses with a cap, which start over after a success', async () => {
    const network = new Network()
    const tries: number[] = []
    let refuse = true
    const world = await startWorld({ network, start: false })
    network.onConnect = () => {
      tries.push(world.clock.monotonic())
      if (refuse) throw new BotError('BACKEND_UNAVAILABLE', 'down')
    }
    await world.bot.start()
    await world.clock.advance(10 * 60_000)
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] as number))
    expect(pauses[0]).toBeGreaterThanOrEqual(1000)
    expect(pauses[0]).toBeLessThanOrEqual(2000)
    expect(pauses[1]).toBeGreaterThanOrEqual(1750)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(63_000)
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(60_000)
    refuse = false
    await world.clock.advance(63_000)
    expect((await world.bot.status()).backends[0]).toMatchObject({ state: 'connected', failures: 0 })
    refuse = true
    network.drop(new Error('gone'))
    await settle()
    expect((await world.bot.status()).backends[0]).toMatchObject({ state: 'waiting', error: 'gone' })
    const before = tries.length
    await world.clock.advance(2000)
    expect(tries.length).toBe(before + 1)
  })

  test('is not tried again when the credentials are refused; the other backends go on', async () => {
    const good = new Network()
    const bad = new Network()
    bad.onConnect = () => {
      throw new BotError('BACKEND_AUTH', 'wrong token')
    }
    const { bot, clock } = await startWorld({
      network: good,
      backends: { good: { module: good.module() }, bad: { module: bad.module() } },
      plugins: [echo],
    })
    await clock.advance(60 * 60_000)
    expect(bad.connects).toBe(1)
    expect((await bot.status()).backends).toMatchObject([
      { name: 'good', state: 'connected' },
      { name: 'bad', state: 'refused', error: 'wrong token' },
    ])
    await good.say('!echo two backends')
    await settle()
    expect(good.texts).toEqual(['two backends'])
  })

  test('that cannot be had without a person stops the start with its reason', async () => {
    const network = new Network()
    network.onConnect = () => {
      throw new BotError('LISTENER_ADDRESS', 'port 3000 is taken by nginx (pid 7)')
    }
    const { bot } = await startWorld({ network, start: false })
    await expect(bot.start()).rejects.toMatchObject({ code: 'LISTENER_ADDRESS', message: 'port 3000 is taken by nginx (pid 7)' })
    await bot.stopped
  })
})

describe('stopping', () => {
  test('finishes what was accepted, refuses what comes after, and closes', async () => {
    const { network, bot, clock } = await startWorld({
      plugins: [
        definePlugin({
          name: 'slow',
          commands: { slow: { description: 'Slow.', run: async (context) => context.clock.sleep(2000).then(() => 'done') } },
        }),
      ],
    })
    await network.say('!slow')
    const stopping = bot.stop()
    await settle()
    await expect(network.say('!slow')).rejects.toMatchObject({ code: 'BOT_CLOSED' })
    await clock.advance(2000)
    await stopping
    expect(network.texts).toEqual(['done'])
    expect((await bot.status().catch(() => ({ state: 'stopped' }))).state).toBe('stopped')
  })

  test('does not wait for ever: what is not finished is finished after the next start', async () => {
    const hold = Promise.withResolvers<void>()
    const plugin = definePlugin({
      name: 'hold',
      commands: { hold: { description: 'Holds.', run: async () => hold.promise.then(() => 'at last') } },
    })
    const world = await startWorld({ plugins: [plugin] })
    await world.network.say('!hold')
    const stopping = world.bot.stop()
    await world.clock.advance(10_000)
    await stopping
    hold.resolve()
    await world.crashAndRestart()
    expect(world.network.texts).toEqual(['at last'])
  })
})
