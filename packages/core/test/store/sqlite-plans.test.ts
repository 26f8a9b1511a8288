import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findRow, getEntry, listRows, readReady, scanEntries } from '../../src/store/sqlite-rows.ts'
import { MIGRATIONS } from '../../src/store/sqlite-schema.ts'
import { type SqlRow, Statements } from '../../src/store/sqlite-statements.ts'

/** Explains each query instead of running it. */
class Plans extends Statements {
  readonly lines: string[] = []
  #explain(sql: string, values: (string | number)[]): SqlRow[] {
    this.lines.push(...super.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail)))
    return []
  }
  override all(sql: string, ...values: (string | number)[]): SqlRow[] {
    return this.#explain(sql, values)
  }
  override get(sql: string, ...values: (string | number)[]): SqlRow | undefined {
    return this.#explain(sql, values)[0]
  }
  override iterate(sql: string, ...values: (string | number)[]): Iterable<SqlRow> {
    return this.#explain(sql, values)
  }
}

let db: DatabaseSync

beforeEach(() => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  db = new DatabaseSync(':memory:')
  for (const step of MIGRATIONS) db.exec(step)
})

afterEach(() => db.close())

const queries: [name: string, run: (sql: Statements) => unknown][] = [
  ['what is ready', (sql) => readReady(sql, 'inbox', { limit: 10 })],
  ['what is ready for an instance', (sql) => readReady(sql, 'outbox', { limit: 10, afterSeq: 5 }, 'web')],
  ['the dead letters', (sql) => listRows(sql, 'inbox', { state: 'dead', beforeSeq: 9 })],
  ['the rows of a source', (sql) => listRows(sql, 'inbox', { of: 'sink:generic' })],
  ['the dead letters of a source', (sql) => listRows(sql, 'outbox', { of: 'web', state: 'dead' })],
  ['a row by its id', (sql) => findRow(sql, 'inbox', 'web/1')],
  ['a row by its number', (sql) => findRow(sql, 'outbox', 1)],
  ['an entry', (sql) => getEntry(sql, 'n', 'k', 1)],
  ['a page of entries', (sql) => scanEntries(sql, 'n', { prefix: 'a', after: 'ab' }, 1)],
]

for (const [name, run] of queries) {
  test(`${name}: found by an index and read in its order`, () => {
    const plans = new Plans(db)
    run(plans)
    expect(plans.lines.length).toBeGreaterThan(0)
    for (const line of plans.lines) expect(line).toMatch(/^SEARCH /)
  })
}
