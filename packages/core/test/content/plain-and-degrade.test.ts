import { describe, expect, it } from 'vitest'
import type { Content } from '../../src/contract/content.ts'
import { degrade } from '../../src/content/degrade.ts'
import { markdownContent } from '../../src/content/input.ts'
import { md, mention } from '../../src/content/md.ts'
import { plainText } from '../../src/content/plain.ts'
import { makePerson } from '../../src/contract/identifier.ts'

const message: Content = {
  ...markdownContent('hello'),
  card: {
    summary: 'Disk full',
    title: 'db1',
    link: 'https://x.y/db1',
    body: markdownContent('*97 %*').blocks,
    color: 'red',
    fields: [{ name: 'host', value: 'db1 *x*' }],
    image: 'https://x.y/i.png',
  },
  files: [{ blob: 'b', name: 'log.txt', type: 'text/plain', sizeBytes: 2048 }],
  actions: [
    { type: 'button', action: 'ack', label: 'Acknowledge' },
    { type: 'link', label: 'Runbook', url: 'https://x.y/run' },
    { type: 'select', action: 'mute', label: 'Mute', options: [{ label: '1 h', value: '1' }] },
  ],
}

describe('plainText', () => {
  it('shows everything there is', () => {
    const source =
      '# T\n\n- a\n  1. b\n\n> q\n> r\n\n```js\n x\n```\n\n|a|long|\n|-|-|\n|1|2|\n\n[l](http://x.y) http://x.y ***s*** `c`\n\n---'
    expect(plainText(markdownContent(source))).toBe(
      'T\n\n- a\n  1. b\n\n> q\n> r\n\n x\n\na  long\n1  2\n\nl (http://x.y) http://x.y s c\n\n---',
    )
    expect(plainText(message)).toBe(
      'hello\n\nDisk full\ndb1\nhttps://x.y/db1\n97 %\nhost: db1 *x*\nhttps://x.y/i.png\n\n[file: log.txt]\n\n' +
        '[Acknowledge] [Runbook] (https://x.y/run) [Mute: 1 h]',
    )
  })
})

describe('degrade', () => {
  it('says in text what the network lacks', () => {
    const plain = degrade(message, [])
    expect(Object.keys(plain)).toEqual(['blocks'])
    expect(plainText(plain)).toBe(
      [
        'hello',
        'Disk full',
        'db1 (https://x.y/db1)',
        '97 %',
        'host: db1 *x*',
        'https://x.y/i.png',
        '[file: log.txt, 2.0 kB; this network cannot carry files]',
        'Runbook (https://x.y/run)',
        '1. Acknowledge\n2. Mute: 1 h\nReply with a number.',
      ].join('\n\n'),
    )
  })

  it('changes nothing that the network has', () => {
    expect(degrade(message, ['cards', 'actions', 'files', 'mentions', 'threads'])).toEqual(message)
  })

  it('names people where it cannot mention them, also deep inside', () => {
    const who = mention(makePerson('irc', 'alice', { nick: 'alice' }))
    const content = { blocks: md`- **${who}** hi`.blocks, card: { body: md`> ${who}`.blocks } }
    const plain = degrade(content, ['cards'])
    expect(JSON.stringify(plain)).not.toContain('"mention"')
    expect(plainText(plain)).toBe('- @alice hi\n\n> @alice')
  })
})
