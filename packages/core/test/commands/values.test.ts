import { Type } from '@bot/core'
import { describe, expect, test } from 'vitest'

import { formatDuration, readDate, readDuration } from '../../src/commands/instant.ts'
import { date, duration, person, room } from '../../src/commands/values.ts'
import { argsOf, complaintOf, NOW, taking } from './reading.ts'

describe('spans of time', () => {
  test.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1h 30 min', 5_400_000],
    ['2 days', 172_800_000],
    ['1.5 h', 5_400_000],
    ['1,5h', 5_400_000],
    ['250ms', 250],
    ['PT5M', 300_000],
    ['P1DT12H', 129_600_000],
    ['pt0.5s', 500],
    ['2W', 1_209_600_000],
    ['0s', 0],
  ])('C1.4: %j', (text, ms) => {
    expect(readDuration(text)).toBe(ms)
  })

  test.each(['', '5', 'h', '5 parsecs', 'P', 'PT', 'P1Y', '-5m', '1h30', '9'.repeat(30) + 'h'])('C1.4: %j is none', (text) => {
    expect(readDuration(text)).toBeUndefined()
  })

  test('what is written is read back', () => {
    for (const ms of [0, 1, 999, 1000, 61_001, 86_400_000, 90_061_001]) expect(readDuration(formatDuration(ms))).toBe(ms)
  })
})

describe('points in time', () => {
  const at = (text: string): string | undefined => {
    const ms = readDate(text, { now: NOW, timeZone: 'Europe/Berlin' })
    return ms === undefined ? undefined : new Date(ms).toISOString()
  }

  // It is 11:00 in Berlin.
  test.each([
    ['now', '2026-11-23T10:00:00.000Z'],
    ['2026-12-24', '2026-12-23T23:00:00.000Z'],
    ['2026-12-24 18:00', '2026-12-24T17:00:00.000Z'],
    ['2026-07-01T18:00:30.25', '2026-07-01T16:00:30.250Z'],
    ['2026-12-24T18:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00:00-05:30', '2026-12-24T23:30:00.000Z'],
    ['today', '2026-11-22T23:00:00.000Z'],
    ['tomorrow 9:00', '2026-11-24T08:00:00.000Z'],
    ['Tomorrow at 5pm', '2026-11-24T16:00:00.000Z'],
    ['yesterday 12:30 am', '2026-11-21T23:30:00.000Z'],
    ['17:30', '2026-11-23T16:30:00.000Z'],
    ['9:00', '2026-11-24T08:00:00.000Z'],
    ['in 2h', '2026-11-23T12:00:00.000Z'],
    ['2 days ago', '2026-11-21T10:00:00.000Z'],
    // 2027-03-28: the clocks go from 02:00 to 03:00; 2026-10-25: from 03:00 back to 02:00.
    ['2027-03-28 02:30', '2027-03-28T01:30:00.000Z'],
    ['2027-03-28 03:30', '2027-03-28T01:30:00.000Z'],
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
  ])('C1.4: %j', (text, instant) => {
    expect(at(text)).toBe(instant)
  })

  test.each(['', 'soon', '2026-02-30', '2026-13-01', '25:00', '9', '13pm', 'tomorrow 9:75', 'in', 'in soon'])(
    'C1.4: %j is none',
    (text) => {
      expect(at(text)).toBeUndefined()
    },
  )

  test('C1.4: without quotes the words that make a date belong together', async () => {
    expect(await argsOf(taking(date()), 'tomorrow at 9:00')).toEqual({ value: Date.UTC(2026, 10, 24, 9) })
  })
})

describe('other values', () => {
  test.each([
    [Type.Integer(), '-5', -5],
    [Type.Number(), '2.5', 2.5],
    [Type.Boolean(), 'YES', true],
    [Type.Boolean(), 'off', false],
    [Type.Union([Type.Literal('Red'), Type.Literal(3)]), 'red', 'Red'],
    [Type.Union([Type.Literal('Red'), Type.Literal(3)]), '3', 3],
    [Type.Enum(['up', 'down']), 'UP', 'up'],
    [Type.Union([Type.Integer(), Type.Literal('all')]), 'all', 'all'],
    [Type.Union([Type.Integer(), Type.Literal('all')]), '7', 7],
    [Type.String({ pattern: '^v\\d+$' }), 'v12', 'v12'],
  ])('C1.4: a value of type %j', async (schema, text, value) => {
    expect(await argsOf(taking(schema), text)).toEqual({ value })
  })

  test.each([
    [Type.Integer(), '2.5', 'a whole number'],
    [Type.Integer({ minimum: 1, maximum: 3 }), '4', 'a whole number from 1 to 3'],
    [Type.Number(), '5x', 'a number'],
    [Type.Number(), '0x10', 'a number'],
    [Type.Boolean(), 'maybe', 'yes or no'],
    [Type.Union([Type.Literal('red'), Type.Literal('green')]), 're', 'red or green'],
    [Type.String({ minLength: 3 }), 'ab', 'a text of at least 3 characters'],
    [Type.String({ pattern: '^v\\d+$', allowed: 'a version such as v12' }), '12', 'a version such as v12'],
    [duration({ maximum: 60_000 }), '2m', 'a duration such as'],
    [person(), 'bob', 'a person as this chat writes people, such as @name; nobody and nothing answers to that'],
    [person(), '@twins', 'a person as this chat writes people, such as @name; that one means several'],
    [person(), '#ops', 'a person as this chat writes people'],
  ])('C1.4: %j refuses %j', async (schema, text, allowed) => {
    expect(await complaintOf(taking(schema), text)).toContain(`found "${text}"; allowed is ${allowed}`)
  })

  test('people and rooms are identifiers', async () => {
    expect((await argsOf(taking(person()), '@bob'))['value']).toMatchObject({ id: 'net:@bob' })
    expect((await argsOf(taking(room()), '#ops'))['value']).toMatchObject({ id: 'net:ops' })
  })

  test('what goes wrong in finding people is not blamed on the one who typed', async () => {
    const down = { resolve: () => Promise.reject(new Error('down')) }
    await expect(argsOf(taking(person()), '@bob', down)).rejects.toThrow('down')
  })
})
