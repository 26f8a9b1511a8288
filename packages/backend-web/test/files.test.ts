import { afterEach, describe, expect, test } from 'vitest'
import { makeRoom } from '@bot/core/backend'
import fc from 'fast-check'
import { safeName } from '../src/files.ts'
import { TestBot } from './bot.ts'
import { PNG, Person, post } from './page.ts'

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

describe('files', () => {
  test('go both ways', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    const text = await alice.upload('../../notes <b>.txt', Buffer.from('some notes'), 'text/html')
    const picture = await alice.upload('dot.png', PNG, 'text/plain')
    expect(text).toMatchObject({ name: 'notes <b>.txt', sizeBytes: 10 })
    expect(picture).toMatchObject({ type: 'image/png', image: true })
    expect((await bob.download(text)).status).toBe(404)
    await alice.say('#lobby', '', { files: [text.id, picture.id] })
    const [event] = await bot.told('message')
    const parts: Uint8Array[] = []
    for await (const part of bot.backend.fetchFile(event?.files?.[0] as never, { signal: new AbortController().signal, maxBytes: 100 }))
      parts.push(part)
    expect(Buffer.concat(parts).toString()).toBe('some notes')
    const small = bot.backend.fetchFile(event?.files?.[0] as never, { signal: new AbortController().signal, maxBytes: 3 })
    await expect(small.next()).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })

    const download = await bob.download(text)
    expect(await download.text()).toBe('some notes')
    expect(download.headers.get('content-type')).toBe('application/octet-stream')
    expect(download.headers.get('content-disposition')).toContain('attachment')
    expect(download.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await bob.download(picture)).headers.get('content-type')).toBe('image/png')
    expect((await fetch(`${bot.url}/files/${text.id}/x`)).status).toBe(401)

    bot.storage.blobs.set('b', PNG)
    const files = [{ blob: 'b', name: 'graph.png', type: 'image/png', sizeBytes: PNG.length, alt: 'a graph' }]
    await bot.backend.sendMessage({ key: 'f', to: makeRoom('web', 'lobby'), content: { blocks: [], files }, attempt: 1 })
    const sent = (await bob.got('message', ({ message }) => message.bot === true)).message.content.files?.[0]
    expect(sent).toMatchObject({ name: 'graph.png', alt: 'a graph', image: true })
    expect(Buffer.from(await (await bob.download(sent as never)).arrayBuffer())).toEqual(PNG)
  })

  test('are bounded and belong to who sent them', async () => {
    const bot = await start({ maxFileBytes: 100 })
    const alice = await Person.enter(bot, 'Alice')
    const bob = await Person.enter(bot, 'Bob')
    await expect(alice.upload('big', Buffer.alloc(101))).rejects.toThrow('413')
    const file = await alice.upload('mine', Buffer.from('x'))
    expect(await bob.act({ t: 'post', conv: '#lobby', text: 'look', files: [file.id] })).toMatchObject({ t: 'no' })
    expect(await bob.act({ t: 'post', conv: '#lobby', text: 'look', files: ['../../../etc/passwd'] })).toMatchObject({ t: 'no' })
    expect((await post(bot.url, '/files', {}, { 'x-file-name': 'x' })).status).toBe(401)
  })

  test('go with their message', async () => {
    const bot = await start()
    const alice = await Person.enter(bot, 'Alice')
    const file = await alice.upload('gone', Buffer.from('x'))
    const said = await alice.say('#lobby', '', { files: [file.id] })
    await alice.act({ t: 'delete', conv: '#lobby', message: said.id })
    expect((await alice.download(file)).status).toBe(404)
  })

  test('never have a name that leads anywhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const safe = safeName(name)
        return safe !== '' && !/[/\\\p{Cc}]/u.test(safe) && safe !== '.' && safe !== '..'
      }),
    )
  })
})
