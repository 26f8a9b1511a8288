import { describe, expect, it } from 'vitest'
import type { Sendable } from '../../src/contract/content.ts'
import { BotError } from '../../src/contract/errors.ts'
import { markdownContent, readSendable, textContent } from '../../src/content/input.ts'
import { md } from '../../src/content/md.ts'

const button = { type: 'button', action: 'ack', label: 'Acknowledge' }

describe('readSendable', () => {
  it('takes markdown, an md text, or parts', () => {
    expect(readSendable('**a**')).toEqual({ content: markdownContent('**a**'), files: [] })
    expect(readSendable(md`${'**a**'}`)).toEqual({ content: textContent('**a**'), files: [] })
    const data = new Uint8Array([1])
    const card = {
      title: 'Disk',
      link: 'https://x.y',
      color: '#ff0000',
      body: '*full*',
      fields: [{ name: 'host', value: 'a', short: true }],
    }
    expect(readSendable({ card, actions: [button] as never, files: [{ name: 'a.bin', data }] })).toEqual({
      content: { blocks: [], card: { ...card, body: markdownContent('*full*').blocks }, actions: [button] },
      files: [{ name: 'a.bin', data }],
    })
  })

  it.each([
    ['', 'empty'],
    [' \n ', 'empty'],
    [{}, 'empty'],
    [{ card: {} }, 'card is empty'],
    [{ card: { color: 'red' } }, 'card is empty'],
    [42, 'A message is 42'],
    [null, 'A message is null'],
    [['a'], 'A message is an array'],
    [new Error('password'), 'A message is an error'],
    [{ txt: 'a' }, 'unknown key "txt"'],
    [{ text: 42 }, 'text is 42'],
    [{ text: 'a', actions: {} }, 'actions is an object'],
    [{ text: 'a', actions: [{ ...button, label: ' ' }] }, 'actions[0].label is empty'],
    [{ text: 'a', actions: [{ ...button, label: undefined }] }, 'actions[0].label is undefined'],
    [{ text: 'a', actions: [{ ...button, value: 'x'.repeat(1001) }] }, 'actions[0].value has 1001 characters'],
    [{ text: 'a', actions: [{ ...button, style: 'pink' }] }, 'actions[0].style is "pink"'],
    [{ text: 'a', actions: [{ type: 'menu', label: 'x' }] }, 'actions[0].type is "menu"'],
    [{ text: 'a', actions: [{ type: 'select', action: 'a', label: 'x', options: [] }] }, 'options is empty'],
    [{ text: 'a', actions: [{ type: 'link', label: 'x', url: 'javascript:x' }] }, 'actions[0].url is "javascript:x"'],
    [{ card: { title: 'a', color: 'rgb(1,2,3)' } }, 'card.color is "rgb(1,2,3)"'],
    [{ card: { title: 'a', link: 'mailto:a@b.c' } }, 'card.link is "mailto:a@b.c"'],
    [{ card: { title: 'a', image: 'data:x' } }, 'card.image is "data:x"'],
    [{ card: { title: 'a', colour: 'red' } }, 'unknown key "colour"'],
    [{ card: { title: 'a', fields: [{ name: 'a' }] } }, 'card.fields[0].value is undefined'],
    [{ files: [{ name: 'a', data: 'text' }] }, 'files[0].data is "text"'],
    [{ files: [{ name: '', data: new Uint8Array() }] }, 'files[0].name is empty'],
  ])('refuses %j', (value, message) => {
    let thrown: unknown
    try {
      readSendable(value as unknown as Sendable)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(BotError)
    expect(thrown).toMatchObject({ code: 'BOT_CONTENT', message: expect.stringContaining(message) })
    expect(String(thrown)).not.toContain('password')
  })
})
