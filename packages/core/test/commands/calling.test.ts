import { definePlugin, Type, type Json, type Person } from '@bot/core'
import { describe, expect, expectTypeOf, test } from 'vitest'

import { command } from '../../src/commands/declare.ts'
import { diversionOf } from '../../src/commands/diversion.ts'
import { applyFilters, type Call, type CommandFilter } from '../../src/commands/filters.ts'
import { recall, remember, type History } from '../../src/commands/history.ts'
import { date, duration, json, person, restOfLine } from '../../src/commands/values.ts'
import { makePerson } from '../../src/contract/identifier.ts'
import { deploy, entryOf } from './reading.ts'

describe('declaring', () => {
  test('C1.4: the types of the arguments follow from the schemas', () => {
    const typed = command({
      description: 'Everything.',
      args: { service: Type.String(), version: Type.Optional(Type.String()), more: Type.Array(Type.Integer()) },
      options: {
        force: Type.Boolean(),
        wait: duration({ default: '5m' }),
        at: date(),
        env: Type.Union([Type.Literal('prod'), Type.Literal('test')]),
        who: Type.Optional(person()),
        data: json(Type.Object({ x: Type.Number() })),
      },
      run({ args, text }) {
        expectTypeOf(args.service).toEqualTypeOf<string>()
        expectTypeOf(args.version).toEqualTypeOf<string | undefined>()
        expectTypeOf(args.more).toEqualTypeOf<number[]>()
        expectTypeOf(args.force).toEqualTypeOf<boolean>()
        expectTypeOf(args.wait).toEqualTypeOf<number>()
        expectTypeOf(args.at).toEqualTypeOf<number>()
        expectTypeOf(args.env).toEqualTypeOf<'prod' | 'test'>()
        expectTypeOf(args.who).toEqualTypeOf<Person | undefined>()
        expectTypeOf(args.data).toEqualTypeOf<{ x: number }>()
        // @ts-expect-error -- there is no such argument
        void args.wrong
        return text
      },
    })
    const plain = command({ description: 'Text.', run: ({ args, text }) => (expectTypeOf(args).toEqualTypeOf<object>(), text) })
    const rest = command({ description: 'Rest.', args: { text: restOfLine() }, run: ({ args }) => args.text })
    // A plugin takes them as they are, beside ones written without the helper.
    const plugin = definePlugin({ name: 'one', commands: { typed, plain, rest, bare: { description: 'Bare.', run: ({ text }) => text } } })
    expect(Object.keys(plugin.commands ?? {})).toEqual(['typed', 'plain', 'rest', 'bare'])
  })
})

describe('history', () => {
  const entry = entryOf(deploy)
  const after = (...texts: readonly string[]): History => texts.reduce<History>((history, text) => remember(history, entry, text), [])

  test('C3.9, C6: the newest is 1, and what is not there is not there', () => {
    const history = after('a', 'b', 'c')
    expect([0, 1, 3, 4].map((back) => recall(history, back)?.text)).toEqual([undefined, 'c', 'a', undefined])
    expect([0, 1].map((back) => recall([], back))).toEqual([undefined, undefined])
  })

  test('C4.2: an equal call moves to the front, ten are kept', () => {
    expect(after('a', 'b', 'a').map(({ text }) => text)).toEqual(['a', 'b'])
    const many = after(...Array.from({ length: 12 }, (_, number) => String(number)))
    expect(many.map(({ text }) => text)).toEqual(['11', '10', '9', '8', '7', '6', '5', '4', '3', '2'])
  })

  test('C6: a command that does not want to be kept is not', () => {
    const before = after('a')
    expect(remember(before, entryOf({ ...deploy, historize: false }, 'history'), '')).toBe(before)
  })

  test('it survives JSON', () => {
    const history = after('a "b"\nc')
    expect(JSON.parse(JSON.stringify(history)) as Json).toEqual(history)
  })
})

describe('filters', () => {
  const alice = makePerson('net', 'alice')
  const message = { kind: 'message', id: '1', messageId: '1', from: alice, to: makePerson('net', 'bot'), body: '!deploy web' } as const
  const call: Call = { command: entryOf(deploy), text: 'web', message }
  const filter = (plugin: string, verdict: CommandFilter['filter']): CommandFilter => ({ plugin, filter: verdict })

  test('C7.1: they are asked in order, and each sees what the one before made of it', async () => {
    const seen: string[] = []
    const adding = (name: string) =>
      filter(name, (one) => {
        seen.push(one.text)
        return { do: 'rewrite', command: one.command, text: `${one.text} ${name}` }
      })
    const result = await applyFilters([adding('a'), filter('p', () => ({ do: 'pass' })), adding('b')], call, { dryRun: false })
    expect(result).toMatchObject({ run: true, call: { text: 'web a b' } })
    expect(seen).toEqual(['web', 'web a'])
  })

  test('C7.1: one that stops it is the last to be asked', async () => {
    const stop = filter('gate', () => ({ do: 'stop', reason: 'Not today.' }))
    const never = filter('never', () => Promise.reject(new Error('asked')))
    expect(await applyFilters([stop, never], call, { dryRun: false })).toEqual({ run: false, by: 'gate', reason: 'Not today.' })
  })

  test.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['answers nothing', () => undefined as never],
    ['answers nonsense', () => ({ do: 'maybe' }) as never],
  ])('C7.3: one that %s stops the command', async (_what, verdict) => {
    expect(await applyFilters([filter('broken', verdict)], call, { dryRun: false })).toMatchObject({ run: false, by: 'broken' })
  })

  test('C7.2: they are told when help only asks', async () => {
    const asked: boolean[] = []
    const note = filter('note', (_call, { dryRun }) => (asked.push(dryRun), { do: 'pass' }))
    await applyFilters([note], call, { dryRun: true })
    expect(asked).toEqual([true])
  })
})

describe('diversion', () => {
  test('C9, C4.12: a command is named as it is declared, with spaces or underscores', () => {
    expect(diversionOf('plugin info', { divertToPrivate: ['plugin info'] })).toEqual({ private: true })
    expect(diversionOf('plugin info', { divertToPrivate: ['Plugin_Info'] })).toEqual({ private: true })
    expect(diversionOf('plugin', { divertToPrivate: ['plugin info'], divertToThread: ['*'] })).toEqual({ threaded: true })
    expect(diversionOf('plugin', {})).toEqual({})
  })
})
