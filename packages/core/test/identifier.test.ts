import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  formatIdentifier,
  makeOccupant,
  makePerson,
  makeRoom,
  parseIdentifier,
  personOf,
  reviveIdentifier,
  roomOf,
  sameIdentifier,
  type Identifier,
} from '../src/contract/identifier.ts'

const instance = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,20}$/)
const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed())
const details = fc.record({ nick: fc.string(), displayName: fc.string(), verified: fc.boolean(), bot: fc.boolean() }, { requiredKeys: [] })
const identifier: fc.Arbitrary<Identifier> = fc.oneof(
  fc.tuple(instance, segment, details).map(([where, id, more]) => makePerson(where, id, more)),
  fc.tuple(instance, segment).map(([where, id]) => makeRoom(where, id)),
  fc.tuple(instance, segment, segment, details).map(([where, room, who, more]) => makeOccupant(makeRoom(where, room), who, more)),
)

describe('the canonical form', () => {
  test('round-trips, and keeps kind and ids', () => {
    fc.assert(
      fc.property(identifier, (one) => {
        const parsed = parseIdentifier(formatIdentifier(one))
        expect(parsed.id).toBe(one.id)
        expect(parsed.kind).toBe(one.kind)
        if (one.kind === 'occupant' && parsed.kind === 'occupant')
          expect([parsed.room.room, parsed.occupant]).toEqual([one.room.room, one.occupant])
        if (one.kind === 'person' && parsed.kind === 'person') expect(parsed.person).toBe(one.person)
      }),
    )
  })

  test('is one for one: different identifiers have different forms', () => {
    fc.assert(
      fc.property(identifier, identifier, (a, b) => {
        const parts = (one: Identifier) =>
          JSON.stringify([
            one.kind,
            one.instance,
            one.kind === 'occupant' ? [one.room.room, one.occupant] : one.kind === 'room' ? one.room : one.person,
          ])
        expect(a.id === b.id).toBe(parts(a) === parts(b))
      }),
    )
  })

  test('survives JSON with what is known about its bearer', () => {
    fc.assert(
      fc.property(identifier, (one) => {
        const back = reviveIdentifier(JSON.parse(JSON.stringify(one)) as never)
        expect(back).toEqual(one)
        expect(sameIdentifier(back, one)).toBe(true)
        expect(new Map([[one.id, 1]]).get(back.id)).toBe(1)
      }),
    )
  })

  test('whatever parses formats to itself; nothing else parses', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z]{1,3}:@?[%0-9A-Fa-f/@ ]{0,10}$/)),
        (text) => {
          let parsed: Identifier
          try {
            parsed = parseIdentifier(text)
          } catch (error) {
            expect(error).toMatchObject({ code: 'BOT_IDENTIFIER' })
            return
          }
          expect(formatIdentifier(parsed)).toBe(text)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    '',
    ':',
    'irc:',
    'irc:@',
    'irc:/alice',
    'irc:#ops',
    'irc:a/b/c',
    'irc:%23ops/',
    'IRC:ops',
    'irc:%2',
    'irc:%c3',
    'irc:%23OPS%2f',
    'ops',
    '@alice',
    '#ops',
  ])('refuses %j and says what it wants', (text) => {
    expect(() => parseIdentifier(text)).toThrow(
      expect.objectContaining({ code: 'BOT_IDENTIFIER', message: expect.stringContaining('instance:room') as string }) as Error,
    )
  })

  test('stands as written in the documents', () => {
    expect(makeOccupant(makeRoom('slack', 'C024BE91L'), 'U024BE7LH').id).toBe('slack:C024BE91L/U024BE7LH')
    expect(makeOccupant(makeRoom('irc', '#ops'), 'alice').id).toBe('irc:%23ops/alice')
    expect(makePerson('slack', 'U024BE7LH').id).toBe('slack:@U024BE7LH')
    expect(makePerson('matrix', '@a:b.org').id).toBe('matrix:@%40a%3Ab.org')
  })
})

describe('people and occupants', () => {
  const room = makeRoom('irc', '#ops')

  test('an occupant is not the person, but knows who it is where the network does', () => {
    const known = makeOccupant(room, 'alice', { person: 'alice-account', nick: 'alice' })
    const person = makePerson('irc', 'alice-account')
    expect(sameIdentifier(known, person)).toBe(false)
    expect(personOf(known)?.id).toBe(person.id)
    expect(roomOf(known)?.id).toBe(room.id)
    expect(known.verified).toBe(true)
  })

  test('an occupant of an anonymous room is nobody', () => {
    const unknown = makeOccupant(room, 'alice', { nick: 'alice' })
    expect(personOf(unknown)).toBeUndefined()
    expect(unknown.verified).toBe(false)
  })

  test('an unverified person stays unverified through an occupant and JSON', () => {
    const claimed = makeOccupant(room, 'alice', { person: 'alice', verified: false })
    expect(personOf(claimed)?.verified).toBe(false)
    expect(reviveIdentifier(JSON.parse(JSON.stringify(claimed)) as never)).toMatchObject({ verified: false })
  })

  test('values cannot be changed', () => {
    const person = makePerson('irc', 'alice')
    expect(() => {
      ;(person as { person: string }).person = 'mallory'
    }).toThrow(TypeError)
  })
})
