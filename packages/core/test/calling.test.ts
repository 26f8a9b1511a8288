import { describe, expect, test } from 'vitest'

import { listAudit, verifyAudit } from '../src/access/audit-reading.ts'
import { command, duration } from '../src/index.ts'
import { Type } from '../src/index.ts'
import { md } from '../src/content/md.ts'
import { definePlugin } from '../src/plugins/define.ts'
import { startWorld } from './bot-in-memory.ts'
import { settle } from './manual-clock.ts'

const ship = definePlugin({
  name: 'ship',
  commands: {
    deploy: command({
      description: 'Deploys a service.',
      aliases: ['ship'],
      examples: ['deploy web --wait 2m'],
      args: { service: Type.String({ description: 'Which one.' }) },
      options: { wait: duration({ default: '5m' }), force: Type.Boolean({ default: false, short: 'f' }) },
      run: ({ args }) => md`${args.service} in ${args.wait} ms${args.force ? ', by force' : ''}`,
    }),
    destroy: { description: 'Destroys everything.', access: 'admin', run: () => 'destroyed' },
    whisper: { description: 'Only in private.', where: 'private', run: () => 'psst' },
    seldom: { description: 'Not often.', rateLimit: { count: 1, perMs: 60_000 }, run: () => 'once' },
    brief: { description: 'Has little time.', timeoutMs: 1000, run: () => new Promise<void>(() => {}) },
  },
  actions: { press: () => 'pressed' },
})

describe('a declared command', () => {
  test('is read with its types, by any of its names', async () => {
    const { network } = await startWorld({ plugins: [ship] })
    await network.say('!deploy web')
    await network.say('!ship “big one” --wait 90s -f')
    await settle()
    expect(network.texts).toEqual(['web in 300000 ms', 'big one in 90000 ms, by force'])
  })

  test('points at what is wrong, and explains itself', async () => {
    const { network } = await startWorld({ plugins: [ship] })
    await network.say('!deploy web --wait soon')
    await network.say('!deploy')
    await network.say('!deploy --help')
    await settle()
    expect(network.texts[0]).toContain('^')
    expect(network.texts[1]).toContain('service')
    expect(network.texts[2]).toContain('Deploys a service.')
    expect(network.texts[2]).toContain('--wait')
  })

  test('keeps its own time', async () => {
    const { network, clock } = await startWorld({ plugins: [ship] })
    await network.say('!brief')
    await clock.advance(1000 + 5000)
    expect(network.texts).toEqual([expect.stringContaining('That did not work')])
  })

  test('is not called more often than it allows, by one person', async () => {
    const { network, clock } = await startWorld({ plugins: [ship] })
    await network.say('!seldom')
    await network.say('!seldom')
    await network.say('!seldom', { from: 'bob' })
    await clock.advance(60_000)
    await network.say('!seldom')
    await settle()
    expect(network.texts).toEqual(['once', 'That is called too often. Try again in 60 s.', 'once', 'once'])
  })

  test('that asks for what this version does not have is refused when it is registered', async () => {
    const plugin = definePlugin({ name: 'later', commands: { later: { description: 'x', approval: true, run: () => 'no' } } })
    await expect(startWorld({ plugins: [plugin] })).rejects.toMatchObject({
      code: 'BOT_PLUGIN',
      message: expect.stringContaining('"approval"') as string,
    })
  })
})

describe('how the bot is called', () => {
  const commands = { alternatePrefixes: ['Hey Bot'], separators: [',', ':'], prefixOptionalInPrivate: true, caseInsensitivePrefixes: true }

  test('by another prefix, by mention, and in private without any', async () => {
    const { network } = await startWorld({ plugins: [ship], commands })
    for (const body of ['hey bot, deploy a', '@bot deploy b', '  !deploy c', 'deploy nothing']) await network.say(body)
    await network.privately('deploy d')
    await network.privately('just chatting')
    await settle()
    expect(network.texts.toSorted()).toEqual(['a in 300000 ms', 'b in 300000 ms', 'c in 300000 ms', 'd in 300000 ms'])
  })

  test('!! repeats the last call of the same person, !2 the one before', async () => {
    const { network } = await startWorld({ plugins: [ship] })
    await network.say('!deploy one')
    await network.say('!deploy two')
    await network.say('!!', { from: 'bob' })
    await network.say('!2')
    await network.say('!!')
    await settle()
    expect(network.texts.map((text) => text.split(' ', 1)[0])).toEqual(['one', 'two', 'There', 'one', 'one'])
  })
})

describe('the gate', () => {
  test('keeps an admin command from everybody else, in help, suggestions and calls, and records it', async () => {
    const { network, store } = await startWorld({ plugins: [ship], access: { admins: ['net:@root'] } })
    await network.say('!destroy', { from: 'alice' })
    await network.say('!help', { from: 'alice' })
    await network.say('!destory', { from: 'alice' })
    await network.say('!destroy', { from: 'root' })
    await network.say('!help', { from: 'root' })
    await settle()
    expect(network.texts[0]).toBe('This command needs an admin.')
    expect(network.texts[1]).not.toContain('destroy')
    expect(network.texts[2]).not.toContain('destroy')
    expect(network.texts[3]).toBe('destroyed')
    expect(network.texts[4]).toContain('!destroy')
    const entries = await listAudit(store, { what: 'ship:destroy' })
    expect(entries.map(({ decision }) => decision).toSorted()).toEqual(['allowed', 'denied'])
    expect(await verifyAudit(store)).toMatchObject({ ok: true })
  })

  test('lets nobody be an admin by default, and no name count as an id', async () => {
    const { network } = await startWorld({ plugins: [ship] })
    await network.say('!destroy', { from: 'root' })
    await network.say('!destroy', { from: 'admin' })
    await settle()
    expect(network.texts).toEqual(['This command needs an admin.', 'This command needs an admin.'])
  })

  test('denies by rule, with the reason that the rule gives, buttons too', async () => {
    const rules = [{ effect: 'deny', people: ['net:@mallory'], reason: 'Not you, not today.' }]
    const { network } = await startWorld({ plugins: [ship], access: { rules } })
    await network.say('!deploy web', { from: 'mallory' })
    const { from, to } = network.message('', { from: 'mallory' })
    await network.emit({ kind: 'action', id: 'a1', messageId: 'm1', from, to, action: 'press' })
    await settle()
    expect(network.texts).toEqual(['Not you, not today.', 'Not you, not today.'])
  })

  test('hides what is denied where that is configured', async () => {
    const { network } = await startWorld({ plugins: [ship], access: { hideDenied: true } })
    await network.say('!destroy')
    await settle()
    expect(network.texts).toEqual([expect.stringContaining('There is no command "!destroy"')])
  })

  test('keeps a private command out of rooms', async () => {
    const { network } = await startWorld({ plugins: [ship] })
    await network.say('!whisper')
    await network.privately('!whisper')
    await settle()
    expect(network.texts).toEqual(['This command may not be used in rooms.', 'psst'])
  })

  test('that cannot be understood stops the start', async () => {
    const start = startWorld({ plugins: [ship], access: { admins: ['alice'] } })
    await expect(start).rejects.toMatchObject({ code: 'BOT_CONFIG', message: expect.stringContaining('access.admins') as string })
  })
})
