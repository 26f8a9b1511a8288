import { Type } from '@bot/core'
import { describe, expect, test } from 'vitest'

import { complete } from '../../src/commands/complete.ts'
import { command } from '../../src/commands/declare.ts'
import { descriptorOf, formOf, toolSchema } from '../../src/commands/descriptor.ts'
import { apropos, suggest } from '../../src/commands/suggest.ts'
import { commandHelp, usageLine } from '../../src/commands/usage.ts'
import { date, duration, json, person, restOfLine, room } from '../../src/commands/values.ts'
import { toMarkdown } from '../../src/content/format.ts'
import { deploy, entryOf } from './reading.ts'

const remind = command({
  description: 'Reminds somebody.',
  args: { who: person(), when: date({ description: 'When' }), text: restOfLine() },
  options: {
    repeat: Type.Integer({ minimum: 1 }),
    quietly: Type.Boolean({ default: true }),
    data: Type.Optional(json(Type.Array(Type.Number()))),
    in: Type.Optional(room()),
  },
  run: () => undefined,
})
const echo = command({ description: 'Says it again.', usage: '<text>', run: ({ text }) => text })
const entries = [entryOf(deploy), entryOf(remind, 'remind me'), entryOf(echo, 'echo'), entryOf(echo, 'deploy status')]

describe('help', () => {
  test('C1.13: the usage is made of the declaration', () => {
    expect(usageLine(entryOf(deploy), '!')).toBe(
      '!deploy <service> [version] [--force] [--dry-run] [--wait <duration>] [--env <prod|test>] [--tag <text>…]',
    )
    expect(usageLine(entryOf(remind, 'remind me'), '')).toBe(
      'remind me <who> <when> <text> --repeat <integer> [--no-quietly] [--data <json>] [--in <room>]',
    )
    expect(usageLine(entryOf(echo, 'echo'), '!')).toBe('!echo <text>')
  })

  test('C1.13: the full help says what everything is for, and what it may be', () => {
    expect(toMarkdown(commandHelp(entryOf(deploy), '!').blocks))
      .toBe(`\`!deploy <service> [version] [--force] [--dry-run] [--wait <duration>] [--env <prod|test>] [--tag <text>…]\`

Deploys a service.

**Arguments**

- \`service\` — What to deploy. A text. Required.
- \`version\` — A text.

**Options**

- \`--force, -f\`
- \`--dry-run, -n\`
- \`--wait, -w\` — A duration such as 90s, 1h30m or 2 days. Default: 5m.
- \`--env\` — One of prod, test. Default: test.
- \`--tag, -t\` — Several times a text.

**Examples**

- \`!deploy web --version 1.2\`

Also: \`!ship\``)
  })
})

describe('suggestions', () => {
  test('C5.2: names that are near, the nearest first, also of two words', () => {
    expect(suggest('stauts', ['status', 'start', 'history', 'stats'])).toEqual(['stats', 'status', 'start'])
    expect(suggest('deploy statsu web', ['deploy status', 'deploy', 'help'])).toEqual(['deploy', 'deploy status'])
    expect(suggest('HLEP', ['help'])).toEqual(['help'])
    expect(suggest('xyzzy', ['help', 'status'])).toEqual([])
  })

  test('C5.4: at most three, always in the same order', () => {
    const names = ['cat', 'bat', 'rat', 'hat', 'mat']
    expect(suggest('aat', names)).toEqual(['bat', 'cat', 'hat'])
    expect(suggest('aat', names.toReversed())).toEqual(['bat', 'cat', 'hat'])
  })

  test('C5.3: only over the names handed in', () => {
    expect(suggest('secrt', ['public'])).toEqual([])
  })

  test('over 10,000 names, also for a long text', { timeout: 10_000 }, () => {
    const names = Array.from({ length: 10_000 }, (_, number) => `command${number}`)
    // Comparing such texts with every name in full would take minutes.
    for (const typed of ['x'.repeat(65_536), 'command1 '.repeat(7000)]) expect(suggest(typed, names).length).toBeLessThanOrEqual(3)
    expect(suggest('comand77', names)[0]).toBe('command77')
  })

  test('apropos looks into names, aliases and descriptions, and wants all words', () => {
    const found = (query: string) => apropos(query, entries).map(({ name }) => name)
    expect(found('SHIP')).toEqual(['deploy'])
    expect(found('again')).toEqual(['deploy status', 'echo'])
    expect(found('deploy')).toEqual(['deploy', 'deploy status'])
    expect(found('deploy again')).toEqual(['deploy status'])
    expect(found('deploy nothing')).toEqual([])
    expect(found(' ')).toEqual([])
  })
})

describe('descriptors', () => {
  test('for native commands: neutral types, what is required in front', () => {
    expect(descriptorOf(entryOf(remind, 'remind me'))).toMatchObject({
      name: 'remind me',
      description: 'Reminds somebody.',
      options: [
        { name: 'who', type: 'person', required: true },
        { name: 'when', type: 'string', required: true, description: 'When. A date such as 2026-11-23, tomorrow 9:00 or in 2h. Required.' },
        { name: 'text', type: 'string', required: true },
        { name: 'repeat', type: 'integer', required: true },
        { name: 'quietly', type: 'boolean', required: false },
        { name: 'data', type: 'string', required: false },
        { name: 'in', type: 'room', required: false },
      ],
    })
    expect(descriptorOf(entryOf(deploy)).options?.find(({ name }) => name === 'env')).toMatchObject({
      choices: ['prod', 'test'],
      required: false,
    })
    expect(descriptorOf(entryOf(deploy)).options?.find(({ name }) => name === 'tag')).toMatchObject({ many: true })
    expect(descriptorOf(entryOf(echo, 'echo'))).toEqual({ name: 'echo', description: 'Says it again.' })
  })

  test('for tools: JSON Schema, with times, people and rooms as people write them', () => {
    const schema = toolSchema(entryOf(remind, 'remind me'))
    expect(schema).toMatchObject({
      type: 'object',
      required: ['who', 'when', 'text', 'repeat'],
      additionalProperties: false,
      properties: {
        who: { type: 'string' },
        when: { type: 'string', description: 'When. Write a date such as 2026-11-23, tomorrow 9:00 or in 2h.' },
        repeat: { type: 'integer', minimum: 1 },
        quietly: { type: 'boolean', default: true },
        data: { type: 'array', items: { type: 'number' } },
      },
    })
    expect(JSON.stringify(schema)).not.toMatch(/"(?:reads|short|~\w+)"/)
    expect(toolSchema(entryOf(echo, 'echo'))).toMatchObject({ properties: { text: { type: 'string' } } })
  })

  test('for forms: the missing fields, or all', () => {
    expect(formOf(entryOf(deploy), ['service'])).toEqual([
      { key: 'service', label: 'Service', description: 'What to deploy. A text. Required.', type: 'text', required: true },
    ])
    expect(formOf(entryOf(deploy)).find(({ key }) => key === 'env')).toMatchObject({
      type: 'choice',
      choices: ['prod', 'test'],
      value: 'test',
    })
    expect(formOf(entryOf(deploy)).find(({ key }) => key === 'dryRun')).toMatchObject({ label: 'Dry run', type: 'switch', required: false })
  })
})

describe('completion', () => {
  const at = (text: string, position = text.length) => complete(text, position, entries)
  test.each([
    ['', ['deploy', 'echo', 'remind']],
    ['de', ['deploy']],
    ['DE', ['deploy']],
    ['sh', ['ship']],
    ['remind ', ['me']],
    ['deploy st', ['status']],
    ['deploy web --f', ['--force']],
    ['ship web --', ['--force', '--dry-run', '--wait', '--env', '--tag', '--help']],
    ['deploy web --force --wait=5m --tag x --', ['--dry-run', '--env', '--tag', '--help']],
    ['deploy web --env ', ['prod', 'test']],
    ['deploy web --env=p', ['--env=prod']],
    ['deploy web -- --', []],
    ['nothing ', []],
  ])('after %j', (text, candidates) => {
    expect(at(text).candidates).toEqual(candidates)
  })

  test('says which part it replaces', () => {
    expect(at('deploy web --env prod', 15)).toEqual({ from: 11, to: 15, candidates: ['--env'] })
  })
})

test('a duration default may be a number', () => {
  const wait = command({ description: 'Waits.', options: { time: duration({ default: 5_400_000 }) }, run: () => undefined })
  expect(toMarkdown(commandHelp(entryOf(wait, 'wait'), '!').blocks)).toContain('Default: 1h30m.')
})
