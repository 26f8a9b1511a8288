import { describe, expect, test } from 'vitest'

import { definePlugin } from '../src/plugins/define.ts'
import { startWorld } from './bot-in-memory.ts'

describe('a bot that has not been started', () => {
  test('says so, and can be stopped', async () => {
    const { bot } = await startWorld({ start: false })
    await expect(bot.send('net:lobby', 'hello')).rejects.toMatchObject({ code: 'BOT_CLOSED' })
    await expect(bot.status()).rejects.toMatchObject({ code: 'BOT_CLOSED' })
    expect(() => bot.deliveries).toThrow(expect.objectContaining({ code: 'BOT_CLOSED' }) as Error)
    await bot.stop()
    await bot.stopped
    await expect(bot.start()).rejects.toMatchObject({ code: 'BOT_CLOSED' })
  })

  test('stopped while it starts comes to rest', async () => {
    const { bot, network } = await startWorld({ start: false })
    const starting = bot.start().catch(() => {})
    const stopping = bot.stop()
    await Promise.all([starting, stopping, bot.stopped])
    expect(network.texts).toEqual([])
  })
})

test('a bot is started once', async () => {
  const { bot } = await startWorld()
  await expect(bot.start()).rejects.toMatchObject({ code: 'BOT_CLOSED' })
})

test('what does not fit together stops the start', async () => {
  const twice = definePlugin({ name: 'twice' })
  await expect(startWorld({ plugins: [twice, twice] })).rejects.toMatchObject({ code: 'BOT_PLUGIN' })
})
