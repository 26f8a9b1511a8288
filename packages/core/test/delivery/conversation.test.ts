import { describe, expect, test } from 'vitest'

import { BotError } from '../../src/contract/errors.ts'
import { makePerson, makeRoom } from '../../src/contract/identifier.ts'
import { md } from '../../src/content/md.ts'
import { definePlugin } from '../../src/plugins/define.ts'
import { startWorld } from '../bot-in-memory.ts'
import { settle } from '../manual-clock.ts'
import { Network } from '../network.ts'

const echo = definePlugin({
  name: 'echo',
  commands: { echo: { description: 'Says it again.', run: ({ text }) => md`${text}` } },
})

describe('a message becomes an answer', () => {
  test('a command is answered in the room it was said in', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    await network.say('!echo hello there')
    await settle()
    expect(network.messages.map(({ to, text }) => [to, text])).toEqual([['net:lobby', 'hello there']])
  })

  test('a private command is answered in private', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    await network.privately('!echo psst')
    await settle()
    expect(network.messages.map(({ to, text }) => [to, text])).toEqual([['net:@alice', 'psst']])
  })

  test('case does not matter, and what is not a command is left alone', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    for (const body of ['!ECHO Loud', 'echo nothing', '!!!', 'what?!', '! ']) await network.say(body)
    await settle()
    expect(network.texts).toEqual(['Loud'])
  })

  test('an unknown command says what helps', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    await network.say('!ehco hello')
    await settle()
    await network.say('!zzz')
    await settle()
    expect(network.texts[0]).toBe('There is no command "!ehco". Did you mean "!echo"?')
    expect(network.texts[1]).toBe('There is no command "!zzz". "!help" lists what there is.')
  })

  test('help lists the commands and explains one', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    await network.say('!help')
    await network.say('!help echo')
    await settle()
    expect(network.texts[0]).toContain('!echo — Says it again.')
    expect(network.texts[1]).toContain('Says it again.')
  })

  test('the longest name wins', async () => {
    const plugin = definePlugin({
      name: 'deploy',
      commands: {
        deploy: { description: 'a', run: ({ text }) => md`deploy(${text})` },
        'deploy status': { description: 'b', run: ({ text }) => md`status(${text})` },
      },
    })
    const { network } = await startWorld({ plugins: [plugin] })
    await network.say('!deploy web')
    await network.say('!deploy   Status web')
    await settle()
    expect(network.texts).toEqual(['deploy(web)', 'status(web)'])
  })

  test('an iterable is several answers, sent as they are made', async () => {
    const wait = Promise.withResolvers<void>()
    const plugin = definePlugin({
      name: 'count',
      commands: {
        count: {
          description: 'Counts.',
          async *run() {
            yield 'one'
            await wait.promise
            yield 'two'
          },
        },
      },
    })
    const { network } = await startWorld({ plugins: [plugin] })
    await network.say('!count')
    await settle()
    expect(network.texts).toEqual(['one'])
    wait.resolve()
    await settle()
    expect(network.texts).toEqual(['one', 'two'])
  })

  test('the bot hears neither itself nor another program as a command, and no played-back history', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    await network.say('!echo me', { self: true })
    await network.say('!echo me again', { from: 'bot' })
    await network.emit({ ...network.message('!echo robot'), from: makePerson('net', 'other', { bot: true }) })
    await network.say('!echo old', { delayed: true })
    await settle()
    expect(network.texts).toEqual([])
  })

  test('a repeated event is handled once', async () => {
    const { network } = await startWorld({ plugins: [echo] })
    const message = network.message('!echo once')
    await network.emit(message)
    await network.emit(message)
    await settle()
    expect(network.texts).toEqual(['once'])
  })

  test('an answer can be changed and taken back, also when it is long', async () => {
    const network = new Network()
    network.max = 20
    const plugin = definePlugin({
      name: 'long',
      commands: {
        long: {
          description: 'A long answer.',
          async run(context) {
            const sent = await context.reply('first part here, second part here, third part')
            await sent.delivered()
            await sent.edit('now it is short')
            return undefined
          },
        },
        gone: {
          description: 'Says something and takes it back.',
          async run(context) {
            const sent = await context.reply('one two three four five six seven eight nine')
            await sent.delete()
          },
        },
      },
    })
    await startWorld({ plugins: [plugin], network })
    await network.say('!long')
    await settle()
    expect(network.texts).toEqual(['now it is short'])
    await network.say('!gone')
    await settle()
    expect(network.texts).toEqual(['now it is short'])
    expect(network.calls.filter((call) => call.startsWith('delete')).length).toBeGreaterThan(1)
  })

  test('where nothing can be changed, the change is a message of its own', async () => {
    const network = new Network()
    network.without = ['editMessage']
    const { bot } = await startWorld({ network })
    const sent = await bot.send('net:lobby', 'before')
    await sent.edit('after')
    await settle()
    expect(network.texts).toEqual(['before', 'after'])
  })

  test('of changes that wait, only the newest is made', async () => {
    const network = new Network()
    const open = Promise.withResolvers<void>()
    network.gate = () => open.promise
    const { bot } = await startWorld({ network })
    const sent = await bot.send('net:lobby', '0')
    for (let step = 1; step <= 50; step++) await sent.edit(String(step))
    open.resolve()
    await settle()
    expect(network.texts).toEqual(['50'])
    expect(network.calls.filter((call) => call.startsWith('edit'))).toHaveLength(1)
  })

  test('buttons are numbers where the network has none, and a number is a press', async () => {
    const plugin = definePlugin({
      name: 'vote',
      commands: {
        vote: {
          description: 'Asks.',
          run: () => ({
            text: 'Lunch?',
            actions: [
              { type: 'button', action: 'vote', label: 'Soup', value: 'soup' } as const,
              { type: 'button', action: 'vote', label: 'Cake', value: 'cake' } as const,
            ],
          }),
        },
      },
      actions: { vote: ({ event, from }) => md`${from.nick} takes ${event.value}.` },
    })
    const network = new Network()
    network.features = []
    await startWorld({ plugins: [plugin], network })
    await network.say('2')
    await network.say('!vote')
    await settle()
    expect(network.texts).toEqual([expect.stringContaining('2. Cake')])
    await network.say('2', { from: 'bob' })
    await network.say('3', { from: 'bob' })
    await settle()
    expect(network.texts.slice(1)).toEqual(['bob takes cake.'])
  })

  test('files travel with the message', async () => {
    const { bot, network } = await startWorld()
    await bot.send(makeRoom('net', 'lobby'), {
      text: 'look',
      files: [{ name: '../../etc/x.png', data: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) }],
    })
    await settle()
    const [file] = network.messages[0]?.message.content.files ?? []
    expect(file).toMatchObject({ name: 'x.png', type: 'image/png', sizeBytes: 8 })
    expect(await network.host?.readFile(file as never)).toHaveLength(8)
  })

  test('a message to a backend that is not there is refused with its name', async () => {
    const { bot } = await startWorld()
    await expect(bot.send('slack:C1', 'hi')).rejects.toMatchObject({
      code: 'BOT_INSTANCE_UNKNOWN',
      message: expect.stringContaining('"slack"') as string,
    })
  })
})

describe('a handler that fails', () => {
  const broken = definePlugin({
    name: 'broken',
    commands: {
      boom: {
        description: 'Breaks.',
        async run({ reply, state }) {
          await reply('so far so good')
          await state.set('key', 'written')
          throw new Error('the password is hunter2')
        },
      },
    },
  })

  test('tells the asker a reference and nothing else; the log has everything; what it wrote is gone, what it said stands', async () => {
    const { network, log, store } = await startWorld({ plugins: [broken, echo] })
    await network.say('!boom')
    await network.say('!echo still here')
    await settle()
    expect(network.texts[0]).toBe('so far so good')
    expect(network.texts[1]).toMatch(/^That did not work\. The log says why, under reference [0-9a-f]{8}\.$/)
    expect(network.texts[2]).toBe('still here')
    const reference = /reference (\w+)/.exec(network.texts[1] as string)?.[1]
    expect(log.find((record) => record['reference'] === reference)).toMatchObject({ err: { message: 'the password is hunter2' } })
    expect(await store.get('plugin/broken', 'key')).toBeUndefined()
  })

  test('only when its writes are applied is done all the same, without them', async () => {
    const plugin = definePlugin({
      name: 'writes',
      commands: {
        writes: {
          description: 'Writes what cannot be written.',
          async run({ state }) {
            await state.set('good', 1)
            await state.update('bad', (current) => {
              if (current === undefined) return 1
              throw new Error('not twice')
            })
            return 'said'
          },
        },
      },
    })
    const { network, store, log, bot } = await startWorld({ plugins: [plugin] })
    await network.say('!writes')
    await settle()
    await store.commit([{ op: 'kv.delete', ns: 'plugin/writes', key: 'good' }])
    const event = network.message('!writes')
    await network.emit(event)
    await settle()
    expect(network.texts[0]).toBe('said')
    expect(await store.get('plugin/writes', 'good')).toBeUndefined()
    expect(await bot.deliveries.list({ state: 'ready' })).toEqual([])
    expect(log.some(({ err }) => (err as Error | undefined)?.message === 'not twice')).toBe(true)
  })

  test('takes no other listener with it', async () => {
    const heard: string[] = []
    const listeners = (name: string, on: () => void) => definePlugin({ name, on: { message: on } })
    const { network } = await startWorld({
      plugins: [
        listeners('first', () => {
          throw new BotError('BOT_CONTENT', 'no')
        }),
        listeners('second', () => void heard.push('second')),
      ],
    })
    await network.say('hello')
    await settle()
    expect(heard).toEqual(['second'])
    expect(network.texts).toEqual([])
  })

  test('that hangs is told to stop, and the conversation goes on', async () => {
    let aborted = false
    const hang = definePlugin({
      name: 'hang',
      commands: {
        hang: {
          description: 'Never ends.',
          run: ({ signal }) =>
            new Promise<void>(() => {
              signal.addEventListener('abort', () => void (aborted = true))
            }),
        },
      },
    })
    const { network, clock } = await startWorld({ plugins: [hang, echo], limits: { handlerMs: 10_000 } })
    await network.say('!hang')
    await network.say('!echo next', { room: 'other' })
    await network.say('!echo after')
    await settle()
    expect(network.texts).toEqual(['next'])
    await clock.advance(10_000)
    expect(aborted).toBe(true)
    await clock.advance(5_000)
    expect(network.texts).toEqual(['next', expect.stringContaining('That did not work'), 'after'])
  })
})
