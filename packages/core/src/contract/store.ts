import type { Json } from './events.ts'

/*
 * The store: the only durable thing. One commit covers the inbox, the outbox, plugin data and cursors, so an event's effects are kept together or
 * not at all. A promise that resolves means the writes are on disk (as far as `can.persist` says).
 */

/** A claim on something only one process may do at a time. The token grows with every new holder, so a late writer is recognised. */
export interface Lease {
  readonly name: string
  readonly owner: string
  readonly token: number
  /** By the store's clock, in milliseconds since 1970. */
  readonly expiresAt: number
}

export type DeliveryState = 'ready' | 'done' | 'dead'

/** An event to take in. */
export interface NewInboxRow {
  /** Unique for ever: `web/<event id>`, `sink:generic/<idempotency key>`. A repeat within the retention is not kept again. */
  readonly id: string
  /** Who brought it: `backend:web`, `sink:generic`, `schedule:backup`. */
  readonly source: string
  /** Events of one lane are handled in order. */
  readonly lane: string
  readonly payload: Json
  /** The bytes as they came, where something was signed or must be replayed byte by byte. */
  readonly raw?: Uint8Array
  readonly receivedAt: number
  /** The W3C trace parent under which it came. */
  readonly trace?: string
}

export interface InboxRow extends NewInboxRow {
  /** The order of acceptance. */
  readonly seq: number
  readonly state: DeliveryState
  /** How often its handler was started and did not finish: `inbox.retry` and `inbox.dead` count one each. */
  readonly attempts: number
  readonly notBefore: number
  /** Why the last attempt failed; for people with access to the deliveries. */
  readonly error?: string
  readonly finishedAt?: number
  /** What the handler returned, where the sender waits for it. */
  readonly result?: Json
}

export type OutboxState = 'ready' | 'done' | 'dead' | 'ambiguous'

/** Something to do at a network: send, edit, delete, react. */
export interface NewOutboxRow {
  /** `<inbox id>#<n>` for the n-th reply of an event, else a fresh id. A row whose key is there already is not added: the stored one wins. */
  readonly key: string
  readonly instance: string
  /** Rows of one lane go out in order. */
  readonly lane: string
  readonly payload: Json
  readonly createdAt: number
  readonly trace?: string
}

export interface OutboxRow extends NewOutboxRow {
  readonly seq: number
  readonly state: OutboxState
  readonly attempts: number
  readonly notBefore: number
  /** What has been sent so far, one entry a part: the part and the network's id for it. Null at first. */
  readonly progress: Json
  readonly error?: string
  readonly finishedAt?: number
}

/** One change. A commit is a list of them, kept together or not at all. */
export type Write =
  /** Result: `InboxAdded`. */
  | { readonly op: 'inbox.add'; readonly row: NewInboxRow }
  | { readonly op: 'inbox.done'; readonly seq: number; readonly at: number; readonly result?: Json }
  | { readonly op: 'inbox.retry'; readonly seq: number; readonly notBefore: number; readonly error: string }
  | { readonly op: 'inbox.dead'; readonly seq: number; readonly at: number; readonly error: string }
  /** Result: `OutboxAdded`. */
  | { readonly op: 'outbox.add'; readonly row: NewOutboxRow }
  /** Marks an attempt before it is made, with what is sent in it, so that a crash leaves a trace. */
  | { readonly op: 'outbox.progress'; readonly seq: number; readonly attempts: number; readonly progress: Json }
  | { readonly op: 'outbox.done'; readonly seq: number; readonly at: number; readonly progress: Json }
  | { readonly op: 'outbox.retry'; readonly seq: number; readonly notBefore: number; readonly error: string }
  | { readonly op: 'outbox.dead'; readonly seq: number; readonly at: number; readonly error: string }
  | { readonly op: 'outbox.ambiguous'; readonly seq: number; readonly at: number; readonly error: string }
  /** Makes dead or ambiguous rows ready again, with no attempts counted. Result: whether there was such a row. */
  | { readonly op: 'inbox.replay' | 'outbox.replay'; readonly seq: number }
  /** Removes a finished or dead row and its place in the deduplication. Result: whether there was one. */
  | { readonly op: 'inbox.remove' | 'outbox.remove'; readonly seq: number }
  | { readonly op: 'kv.put'; readonly ns: string; readonly key: string; readonly value: Json; readonly expiresAt?: number }
  | { readonly op: 'kv.delete'; readonly ns: string; readonly key: string }
  /**
   * `update` is a synchronous pure function, applied to the current value at commit; undefined deletes. It may be called again if the
   * commit is tried again. Without `expiresAt` an entry keeps the end it has. Result: the new value.
   */
  | {
      readonly op: 'kv.update'
      readonly ns: string
      readonly key: string
      readonly update: (current: Json | undefined) => Json | undefined
      readonly expiresAt?: number
    }
  | { readonly op: 'blob.put'; readonly id: string; readonly data: Uint8Array }
  | { readonly op: 'blob.delete'; readonly id: string }

export interface InboxAdded {
  readonly seq: number
  /** Set when the id was there already: nothing was added, and `seq` is the first one's. */
  readonly duplicate: boolean
}

export interface OutboxAdded {
  readonly seq: number
  /** The row that was there already under this key. Nothing was added. */
  readonly existing?: OutboxRow
}

/** One result a write, in the order of the writes; undefined for those that have none. */
export type WriteResult = InboxAdded | OutboxAdded | Json | undefined

export interface CommitOptions {
  /** The commit is refused with `STORE_FENCED` unless this lease is still the newest of its name. */
  readonly fence?: Lease
}

export interface ScanOptions {
  readonly prefix?: string
  /** Only keys after this one, by code point. */
  readonly after?: string
  /** Default 1,000. */
  readonly limit?: number
}

export interface KeyValueEntry {
  readonly key: string
  readonly value: Json
}

export interface ReadRows {
  /** Only rows after this number. */
  readonly afterSeq?: number
  readonly limit: number
}

export interface DeliveryFilter {
  readonly state?: DeliveryState | OutboxState
  /** The source for the inbox, the instance for the outbox. */
  readonly of?: string
  readonly beforeSeq?: number
  /** Finished before this time. */
  readonly finishedBefore?: number
  /** Default 100; newest first. */
  readonly limit?: number
}

export interface StoreCounts {
  readonly inbox: Readonly<Record<DeliveryState, number>>
  readonly outbox: Readonly<Record<OutboxState, number>>
}

export interface Store {
  /** `persist`: a resolved commit survives the process. `share`: several processes may open it at once. */
  readonly can: { readonly persist: boolean; readonly share: boolean }

  /**
   * Opens, migrating an older schema. Rejects with `STORE_LOCKED`, `STORE_CORRUPT` (the file is left as it was), `STORE_VERSION`, `STORE_FAILED`.
   */
  open(): Promise<void>
  /** Finishes commits under way and closes. */
  close(): Promise<void>

  /**
   * Resolves when all writes are kept, rejects when none is: `STORE_FENCED`, `STORE_FULL`, `STORE_CORRUPT`, `STORE_FAILED`; with `STORE_VALUE`, or with
   * what an `update` function threw, the fault is the caller's and trying again cannot help. Commits take effect in the order of the calls. Writes to a
   * row that is gone are ignored. Keys, ids, lanes and names are well-formed Unicode without U+0000.
   */
  commit(writes: readonly Write[], options?: CommitOptions): Promise<readonly WriteResult[]>

  /** Rows that are ready, in the order of acceptance, whatever their `notBefore`. */
  readInbox(options: ReadRows): Promise<readonly InboxRow[]>
  readOutbox(options: ReadRows & { readonly instance?: string }): Promise<readonly OutboxRow[]>

  /** For people: any state, newest first. */
  listInbox(filter: DeliveryFilter): Promise<readonly InboxRow[]>
  listOutbox(filter: DeliveryFilter): Promise<readonly OutboxRow[]>
  /** By number, or by id (the key for the outbox). */
  findInbox(id: number | string): Promise<InboxRow | undefined>
  findOutbox(id: number | string): Promise<OutboxRow | undefined>
  counts(): Promise<StoreCounts>

  get(ns: string, key: string): Promise<Json | undefined>
  /** In the order of the keys by code point, which is that of their UTF-8 bytes; expired entries are not there. */
  scan(ns: string, options?: ScanOptions): Promise<readonly KeyValueEntry[]>
  getBlob(id: string): Promise<Uint8Array | undefined>

  /**
   * Takes a lease that is free, expired, or already this owner's; undefined where another holds it. Every new holding raises the token.
   */
  acquireLease(name: string, owner: string, ttlMs: number): Promise<Lease | undefined>
  /** The lease with a later end, or undefined when it has passed to another. */
  renewLease(lease: Lease, ttlMs: number): Promise<Lease | undefined>
  releaseLease(lease: Lease): Promise<void>

  /**
   * Forgets rows done before that time with their place in the deduplication, expired entries, and blobs that were put before that time and that no
   * outbox row refers to. A row refers to a blob by a text named `blob` anywhere in its payload. Resolves to how many rows went.
   */
  prune(options: { readonly finishedBefore: number }): Promise<number>
}

/** A named part of the store, as plugins, backends and sinks see it. Reads see the writes made through it before. */
export interface KeyValue {
  get(key: string): Promise<Json | undefined>
  set(key: string, value: Json, options?: { readonly expiresInMs?: number }): Promise<void>
  delete(key: string): Promise<void>
  /** A synchronous pure function, applied at commit to the current value: no write is lost between. Undefined deletes. */
  update(key: string, fn: (current: Json | undefined) => Json | undefined): Promise<void>
  list(options?: ScanOptions): Promise<readonly KeyValueEntry[]>
}
