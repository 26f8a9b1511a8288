import { Type } from '@bot/core'
import { describe, expect, test } from 'vitest'

import { command } from '../../src/commands/declare.ts'
import { CommandTable } from '../../src/commands/table.ts'
import { date, duration, restOfLine } from '../../src/commands/values.ts'
import type { CommandDefinition } from '../../src/contract/plugin.ts'

const nothing: CommandDefinition = { description: 'Does nothing.', run: () => undefined }

function tableOf(...names: readonly string[]): CommandTable {
  const table = new CommandTable()
  for (const name of names) table.add({ name, plugin: 'one', definition: nothing })
  return table
}

describe('finding a command', () => {
  test('C3.8: the longest name wins, and what follows stays as typed', () => {
    const table = tableOf('deploy', 'deploy status', 'deploy status all now')
    const found = (text: string) => {
      const match = table.match(text)
      return match === undefined ? undefined : [match.command.name, match.text]
    }
    expect(found('deploy web  a\n b ')).toEqual(['deploy', 'web  a\n b'])
    expect(found('deploy  status all')).toEqual(['deploy status', 'all'])
    expect(found('deploy status all now please')).toEqual(['deploy status all now', 'please'])
    expect(found('deployment')).toBeUndefined()
    expect(found('')).toBeUndefined()
  })

  test('C1.11, C4.12: words may be joined by an underscore', () => {
    const table = tableOf('plugin info', 'plain_name')
    expect(table.match('plugin_info x')).toMatchObject({ command: { name: 'plugin info' }, text: 'x' })
    expect(table.match('plain name')?.command.name).toBe('plain_name')
    expect(table.get('plugin_info')?.name).toBe('plugin info')
  })

  test('C1.15, C1.16: names are of any letters, whatever their case and spelling', () => {
    const table = tableOf('Grüße', 'ＨＥＬＰ me', '天気')
    for (const typed of ['grüße', 'GRÜSSE'.replace('SS', 'ß'), 'gru\u0308ße']) expect(table.match(typed)?.command.name).toBe('Grüße')
    expect(table.match('Help ME now')?.text).toBe('now')
    expect(table.match('天気 東京')?.text).toBe('東京')
  })

  test('aliases find the command too', () => {
    const table = new CommandTable()
    table.add({ name: 'deploy', plugin: 'one', definition: { ...nothing, aliases: ['ship', 'send out'] } })
    expect(table.match('send out web')).toMatchObject({ command: { name: 'deploy' }, text: 'web', typed: 'send out' })
    expect(table.list()).toHaveLength(1)
  })
})

describe('registering', () => {
  test('C1.14: a name or alias that is taken is refused, both plugins are named, and nothing is added', () => {
    const table = tableOf('deploy')
    const add = (name: string, aliases: readonly string[] = []) => table.add({ name, plugin: 'two', definition: { ...nothing, aliases } })
    expect(() => add('DEPLOY')).toThrow(
      expect.objectContaining({ code: 'BOT_PLUGIN', message: expect.stringMatching(/"one" and "two"/) as string }),
    )
    expect(() => add('other', ['deploy'])).toThrow(/"one" and "two"/)
    expect(() => add('other', ['Other'])).toThrow(/has the name "other" twice/)
    expect(table.get('other')).toBeUndefined()
  })

  test('what a plugin added goes with it', () => {
    const table = tableOf('deploy')
    table.add({ name: 'note', plugin: 'two', definition: { ...nothing, aliases: ['memo'] } })
    table.removePlugin('two')
    expect([table.get('note'), table.get('memo')]).toEqual([undefined, undefined])
    expect(table.list().map(({ name }) => name)).toEqual(['deploy'])
    table.add({ name: 'memo', plugin: 'three', definition: nothing })
    expect(table.match('memo x')?.command.plugin).toBe('three')
  })

  test.each(['', '  ', 'a\u0000b', 'a b c d e f g h i', 'x'.repeat(65)])('%j is no name', (name) => {
    expect(() => tableOf(name)).toThrow(expect.objectContaining({ code: 'BOT_PLUGIN' }))
  })

  const run = (): undefined => undefined
  test.each([
    ['takes all that is left', { args: { all: Type.Array(Type.String()), more: Type.String() } }],
    ['takes all that is left', { args: { all: restOfLine(), more: Type.String() } }],
    ['required and stands behind', { args: { a: Type.Optional(Type.String()), b: Type.String() } }],
    ['declared twice', { args: { dryRun: Type.String() }, options: { dry_run: Type.Boolean() } }],
    ['have the letter "f"', { options: { force: Type.Boolean({ short: 'f' }), file: Type.String({ short: 'f' }) } }],
    ['"short" is one letter', { options: { force: Type.Boolean({ short: '-f' }) } }],
    ['call it something else', { options: { help: Type.Boolean() } }],
    ['cannot be written as words', { args: { point: Type.Object({ x: Type.Number() }) } }],
    ['is for the last argument', { options: { text: restOfLine() } }],
    ['is no regular expression', { args: { name: Type.String({ pattern: '(' }) } }],
    ['is no duration', { options: { wait: duration({ default: 'soon' }) } }],
    ['is no date', { options: { at: date({ default: 'soon' }) } }],
    ['is no name for an argument', { args: { 'a b': Type.String() } }],
  ])('C1.4: a declaration that contradicts itself is refused: %s', (problem, declared) => {
    const add = () =>
      new CommandTable().add({ name: 'x', plugin: 'one', definition: command({ description: 'X.', ...(declared as object), run }) })
    expect(add).toThrow(expect.objectContaining({ code: 'BOT_PLUGIN', message: expect.stringContaining(problem) as string }))
  })
})

describe('with 10,000 commands', () => {
  const fill = (count: number): CommandTable => {
    const table = new CommandTable()
    for (let number = 0; number < count; number++)
      table.add({ name: `group${number % 100} command${number}`, plugin: `plugin${number % 50}`, definition: nothing })
    return table
  }
  test('each is found, and nothing else', () => {
    const many = fill(10_000)
    expect(many.list()).toHaveLength(10_000)
    expect(many.match('group0 command0 x')).toMatchObject({ text: 'x', command: { plugin: 'plugin0' } })
    expect(many.match('group99 command9999')?.command.name).toBe('group99 command9999')
    expect(many.match('group1 command0')).toBeUndefined()
  })
})
