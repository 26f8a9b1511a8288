import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'

export type SqlRow = Record<string, SQLOutputValue>

/** The prepared statements of one connection, made when first used. */
export class Statements {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Returns how many rows were changed, and the number of the one inserted. */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly lastInsertRowid: number } {
    return this.#prepare(sql).run(...values) as { changes: number; lastInsertRowid: number }
  }

  get(sql: string, ...values: SQLInputValue[]): SqlRow | undefined {
    return this.#prepare(sql).get(...values)
  }

  all(sql: string, ...values: SQLInputValue[]): SqlRow[] {
    return this.#prepare(sql).all(...values)
  }

  iterate(sql: string, ...values: SQLInputValue[]): Iterable<SqlRow> {
    return this.#prepare(sql).iterate(...values)
  }

  #prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
