import { Type } from '@bot/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { command } from '../../src/commands/declare.ts'
import { parseFields, parseText } from '../../src/commands/parse.ts'
import { date, duration, json, person, restOfLine } from '../../src/commands/values.ts'
import { argsOf, complaintOf, contextFor, deploy, entryOf, parse } from './reading.ts'

const plain = { force: false, dryRun: false, wait: 300_000, env: 'test', tag: [] }

describe('arguments and options', () => {
  test.each([
    ['web', { service: 'web' }],
    ['web 1.2', { service: 'web', version: '1.2' }],
    ['--force web', { service: 'web', force: true }],
    ['web -f', { service: 'web', force: true }],
    ['web -fn', { service: 'web', force: true, dryRun: true }],
    ['web --dry-run --no-force', { service: 'web', dryRun: true }],
    ['web --dryRun --FORCE=yes', { service: 'web', dryRun: true, force: true }],
    ['web —force –dry-run', { service: 'web', force: true, dryRun: true }],
    ['web –f', { service: 'web', force: true }],
    ['web --wait 90s', { service: 'web', wait: 90_000 }],
    ['web --wait 2 days 1.2', { service: 'web', wait: 172_800_000, version: '1.2' }],
    ['web -w1h30m', { service: 'web', wait: 5_400_000 }],
    ['web -fw 10s', { service: 'web', force: true, wait: 10_000 }],
    ['web -w=10s', { service: 'web', wait: 10_000 }],
    ['web --wait="1 h"', { service: 'web', wait: 3_600_000 }],
    ['web --env PROD', { service: 'web', env: 'prod' }],
    ['web --tag a -t b --tag="c d"', { service: 'web', tag: ['a', 'b', 'c d'] }],
    ['-- --force', { service: '--force' }],
    ['"--force"', { service: '--force' }],
    ['web -5', { service: 'web', version: '-5' }],
    ['web -', { service: 'web', version: '-' }],
    ['“my web” ‘1 2’', { service: 'my web', version: '1 2' }],
    ['"two\nlines"', { service: 'two\nlines' }],
    ['web —', { service: 'web', version: '—' }],
  ])('C1.4, C2: %j', async (text, args) => {
    expect(await argsOf(deploy, text)).toEqual({ ...plain, ...args })
  })

  test('C1.4: the rest goes into a list, and a list may ask for a least number', async () => {
    const add = command({
      description: 'Adds.',
      args: { terms: Type.Array(Type.Number(), { minItems: 2 }) },
      run: ({ args }) => String(args.terms.length),
    })
    expect(await argsOf(add, '1 -2.5 −3 1e3')).toEqual({ terms: [1, -2.5, -3, 1000] })
    expect(await complaintOf(add, '1')).toContain('The argument <terms> is missing: at least 2 times a number.')
  })

  test('C2: the rest of the message is taken as typed', async () => {
    const note = command({
      description: 'Notes.',
      args: { topic: Type.String(), text: restOfLine() },
      options: { loud: Type.Boolean() },
      run: () => undefined,
    })
    expect(await argsOf(note, '--loud pipes  the 5" pipe -- it\'s --loud\nand more ')).toEqual({
      topic: 'pipes',
      text: 'the 5" pipe -- it\'s --loud\nand more',
      loud: true,
    })
  })

  test('C2: a JSON value needs no quotes', async () => {
    const set = command({
      description: 'Sets.',
      args: { key: Type.String(), value: json(Type.Record(Type.String(), Type.Number())) },
      run: () => undefined,
    })
    expect(await argsOf(set, 'a {"b": 1, "c d": 2}')).toEqual({ key: 'a', value: { b: 1, 'c d': 2 } })
    expect(await argsOf(set, 'a {“b”: 1}')).toEqual({ key: 'a', value: { b: 1 } })
    expect(await argsOf(set, 'a ```json\n{"b": 1}\n```')).toEqual({ key: 'a', value: { b: 1 } })
    expect(await complaintOf(set, 'a {"b": "c"}')).toContain('allowed is JSON')
    expect(await complaintOf(set, 'a {"b": ')).toContain('does not end')
  })

  test('C1.1: a command that declares nothing reads its text, whatever stands in it', async () => {
    const say = command({ description: 'Says.', run: ({ text }) => text })
    expect(await argsOf(say, '"open --what')).toEqual({})
    expect(await parse(say, '--help')).toEqual({ ok: false, help: true })
  })
})

describe('help', () => {
  test.each(['--help', 'web --help', '--unknown --help', '-h', '—help', 'web --env nowhere --help'])(
    'C2: %j asks for help',
    async (text) => {
      expect(await parse(deploy, text)).toEqual({ ok: false, help: true })
    },
  )

  test('C2: behind -- it is an argument', async () => {
    expect(await argsOf(deploy, '-- --help')).toMatchObject({ service: '--help' })
  })
})

describe('what is wrong is pointed at', () => {
  const complaint = (mark: string, said: RegExp, text: string) => ({ mark, said, text })
  test.each([
    complaint('            ^^^^^^^', /no option --froce. Did you mean --force\?/, 'web --froce'),
    complaint('                  ^^^^^', /--env: found "local"; allowed is prod or test/, 'web --env local'),
    complaint('            ^^^^^^', /--wait needs a value: a duration/, 'web --wait --force'),
    complaint('                   ^^', /--wait: found "5x"; allowed is a duration such as/, 'web --wait 5x'),
    complaint('                ^^^^^', /one too many: the command takes 2 arguments/, 'web 1.2 extra'),
    complaint('        ^', /quotation that begins with " does not end/, '"web'),
    complaint('                             ^^^^', /--env is given twice/, 'web --env prod --env test'),
    complaint('            ^^', /no option -x/, 'web -x'),
  ])('C2: $text', async ({ mark, said, text }) => {
    const shown = await complaintOf(deploy, text)
    expect(shown).toMatch(said)
    expect(shown.split('\n')).toContain(mark)
    expect(shown).toContain(`!deploy ${text}`)
    expect(shown).toContain('Usage: ')
  })

  test('C2: in a text of several lines the line is shown', async () => {
    const shown = await complaintOf(deploy, 'web\n--env local\n--force')
    expect(shown).toContain('\n--env local\n      ^^^^^')
    expect(shown).not.toContain('!deploy web\n')
  })

  test('C2: wide letters move the mark as far as they are wide', async () => {
    expect((await complaintOf(deploy, '日本 --env x')).split('\n')).toContain(' '.repeat(8 + 4 + 1 + 6) + '^')
  })

  test('C2: a long line is cut where an ellipsis says so', async () => {
    const shown = await complaintOf(deploy, `${'a'.repeat(500)} --env x ${'b'.repeat(500)}`)
    const line = shown.split('\n').find((one) => one.startsWith('…'))
    expect(line).toMatch(/^….*--env x b+…$/)
  })

  test('a list has a largest number of values, typed or by name', async () => {
    const pick = command({ description: 'Picks.', args: { items: Type.Array(Type.String(), { maxItems: 2 }) }, run: () => undefined })
    const entry = entryOf(pick)
    const said = /At most 2 values can be given for <items>/
    expect(await complaintOf(pick, 'a b c')).toMatch(said)
    expect(await parseFields(entry.grammar, { items: ['a', 'b', 'c'] }, contextFor(entry))).toMatchObject({ error: { message: said } })
    expect(await parseFields(entry.grammar, { items: ['a', 'b'] }, contextFor(entry))).toEqual({ ok: true, args: { items: ['a', 'b'] } })
  })

  test('required arguments that are missing are named, so that they can be asked for', async () => {
    const parsed = await parse(deploy, '--force')
    expect(parsed).toMatchObject({
      ok: false,
      help: false,
      error: { missing: ['service'], message: 'The argument <service> is missing: a text.' },
    })
    expect(await argsOf(deploy, '--force', { answers: { service: 'my web' } })).toMatchObject({ service: 'my web', force: true })
    expect(await argsOf(deploy, 'web', { answers: { service: 'other' } })).toMatchObject({ service: 'web' })
  })
})

describe('arguments by name', () => {
  test('from a tool, a form or a native command they are read like typed ones', async () => {
    const entry = entryOf(deploy)
    const fields = { service: 'my web', wait: '2 h', 'dry-run': true, tag: ['a', 'b'], version: null }
    expect(await parseFields(entry.grammar, fields, contextFor(entry))).toEqual({
      ok: true,
      args: { ...plain, service: 'my web', wait: 7_200_000, dryRun: true, tag: ['a', 'b'] },
    })
    expect(await parseFields(entry.grammar, { service: 'web', env: 'x' }, contextFor(entry))).toMatchObject({
      error: { message: /allowed is prod or test/ },
    })
    expect(await parseFields(entry.grammar, { servce: 'web' }, contextFor(entry))).toMatchObject({
      error: { message: 'The command has no argument "servce".' },
    })
  })
})

test('a default that its own schema does not allow is the author’s fault, and said to be', async () => {
  const wrong = command({ description: 'Wrong.', options: { name: Type.String({ default: 'x', minLength: 3 }) }, run: () => undefined })
  await expect(parse(wrong, '')).rejects.toMatchObject({ code: 'BOT_PLUGIN' })
})

describe('no text is too much', () => {
  const all = command({
    description: 'Everything.',
    args: { when: date(), many: Type.Array(Type.Union([Type.Integer(), duration(), Type.String({ pattern: '^[a-z]+$' })])) },
    options: {
      force: Type.Boolean({ short: 'f' }),
      data: json(Type.Unknown(), { default: {} }),
      who: Type.Optional(person()),
      at: Type.Array(date()),
    },
    run: () => undefined,
  })
  const entry = entryOf(all)
  const parts = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '"',
    "'",
    '\\',
    '```',
    '—',
    '--',
    '-f',
    '--at ',
    '--data ',
    '{',
    '[',
    ']',
    '“',
    '”',
    '=',
    'tomorrow 9:00 ',
    '2 days ',
    'in ',
    '@x ',
    '--who ',
  )

  test('law: every text is understood, or complained about; nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: parts }), fc.string({ unit: 'binary' })), async (text) => {
        const parsed = await parseText(entry.grammar, text, contextFor(entry))
        expect(parsed.ok || parsed.help || parsed.error.message.length > 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  const LENGTH = 65_536
  test.each([
    'a',
    ' ',
    '"',
    '\\',
    '`',
    '—',
    '--at ',
    '--data [',
    '[ ',
    '{"',
    '2 days ',
    'tomorrow 9:00 ',
    '2026-11-23 9:00 ',
    '--x ',
    '-f ',
    '-',
    '_',
    '9',
    'a b\n',
    '“',
    '--at=now ',
  ])('law: 64 KiB of %j are read in time that does not explode', { timeout: 10_000 }, async (unit) => {
    const text = unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH)
    // What would explode would take hours; the test's time limit is what finds it.
    const parsed = await parseText(entry.grammar, text, contextFor(entry))
    expect(typeof parsed.ok).toBe('boolean')
  })
})
