import type { Clock } from '../contract/environment.ts'
import type { Json } from '../contract/events.ts'
import type {
  CommitOptions,
  DeliveryFilter,
  InboxRow,
  KeyValueEntry,
  Lease,
  OutboxRow,
  ReadRows,
  ScanOptions,
  Store,
  StoreCounts,
  Write,
  WriteResult,
} from '../contract/store.ts'
import { checkWrite, fenced, notOpen, updated } from './keys.ts'
import { MemoryDeliveries } from './memory-deliveries.ts'
import { changedInbox, changedOutbox, replayed } from './memory-changes.ts'
import { type Entry, liveEntry, MemoryEntries } from './memory-entries.ts'

/*
 * The store of tests, of tools and of bots that may forget. It keeps references and serialises nothing: what was handed in must not be changed
 * afterwards. Commits take effect within the call. Of finished deliveries the last 10,000 can be listed; the ids of older ones still deduplicate until
 * `prune`. Everything is gone with the process.
 */

/** A store in memory. It fails no commit for want of space. */
export function createMemoryStore(options: { readonly clock: Clock }): Store {
  return new MemoryStore(options.clock)
}

class MemoryStore implements Store {
  readonly can = { persist: false, share: false }
  readonly #clock: Clock
  readonly #inbox = new MemoryDeliveries<InboxRow>(
    (row) => row.id,
    (row) => row.source,
  )
  readonly #outbox = new MemoryDeliveries<OutboxRow>(
    (row) => row.key,
    (row) => row.instance,
  )
  readonly #entries = new MemoryEntries()
  readonly #blobs = new Map<string, { readonly data: Uint8Array; readonly createdAt: number }>()
  readonly #leases = new Map<string, Lease>()
  #open = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(): Promise<void> {
    this.#open = true
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.#open = false
    return Promise.resolve()
  }

  commit(writes: readonly Write[], options?: CommitOptions): Promise<readonly WriteResult[]> {
    return this.#now(() => {
      if (options?.fence !== undefined && !this.#holds(options.fence)) throw fenced(options.fence.name)
      for (const write of writes) checkWrite(write)
      // Only an update function can fail from here on, so those run before anything is changed.
      const updates = writes.some(({ op }) => op === 'kv.update') ? this.#runUpdates(writes) : undefined
      return writes.map((write, index) => this.#apply(write, updates?.[index]))
    })
  }

  readInbox({ afterSeq = 0, limit }: ReadRows): Promise<readonly InboxRow[]> {
    return this.#now(() => this.#inbox.read(afterSeq, limit))
  }

  readOutbox({ afterSeq = 0, limit, instance }: ReadRows & { readonly instance?: string }): Promise<readonly OutboxRow[]> {
    return this.#now(() => this.#outbox.read(afterSeq, limit, instance))
  }

  listInbox(filter: DeliveryFilter): Promise<readonly InboxRow[]> {
    return this.#now(() => this.#inbox.list(filter))
  }

  listOutbox(filter: DeliveryFilter): Promise<readonly OutboxRow[]> {
    return this.#now(() => this.#outbox.list(filter))
  }

  findInbox(id: number | string): Promise<InboxRow | undefined> {
    return this.#now(() => this.#inbox.find(id))
  }

  findOutbox(id: number | string): Promise<OutboxRow | undefined> {
    return this.#now(() => this.#outbox.find(id))
  }

  counts(): Promise<StoreCounts> {
    return this.#now(() => {
      const { ready, done, dead } = this.#inbox.counts
      return { inbox: { ready, done, dead }, outbox: { ...this.#outbox.counts } }
    })
  }

  get(ns: string, key: string): Promise<Json | undefined> {
    return this.#now(() => this.#entries.get(ns, key, this.#clock.now())?.value)
  }

  scan(ns: string, options: ScanOptions = {}): Promise<readonly KeyValueEntry[]> {
    return this.#now(() => this.#entries.scan(ns, options, this.#clock.now()))
  }

  getBlob(id: string): Promise<Uint8Array | undefined> {
    return this.#now(() => this.#blobs.get(id)?.data)
  }

  acquireLease(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#now(() => {
      const now = this.#clock.now()
      const held = this.#leases.get(name)
      if (held !== undefined && held.owner !== owner && held.expiresAt > now) return undefined
      const lease = { name, owner, token: (held?.token ?? 0) + 1, expiresAt: now + ttlMs }
      this.#leases.set(name, lease)
      return lease
    })
  }

  renewLease(lease: Lease, ttlMs: number): Promise<Lease | undefined> {
    return this.#now(() => {
      if (!this.#holds(lease)) return undefined
      const renewed = { ...lease, expiresAt: this.#clock.now() + ttlMs }
      this.#leases.set(lease.name, renewed)
      return renewed
    })
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#now(() => {
      // The token stays, so that the next holder's is greater.
      if (this.#holds(lease)) this.#leases.set(lease.name, { ...lease, owner: '', expiresAt: 0 })
    })
  }

  prune({ finishedBefore }: { readonly finishedBefore: number }): Promise<number> {
    return this.#now(() => {
      let gone = this.#inbox.prune(finishedBefore) + this.#outbox.prune(finishedBefore) + this.#entries.prune(this.#clock.now())
      const referred = new Set<string>()
      if (this.#blobs.size > 0) for (const row of this.#outbox.values()) collectBlobs(row.payload, referred)
      for (const [id, { createdAt }] of this.#blobs) {
        if (createdAt >= finishedBefore || referred.has(id)) continue
        this.#blobs.delete(id)
        gone++
      }
      return gone
    })
  }

  #now<T>(work: () => T): Promise<T> {
    try {
      if (!this.#open) throw notOpen()
      return Promise.resolve(work())
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #holds({ name, owner, token }: Lease): boolean {
    const held = this.#leases.get(name)
    return held !== undefined && held.owner === owner && held.token === token
  }

  /** What each update comes to, over the current entries and the writes before it in the same commit. */
  #runUpdates(writes: readonly Write[]): readonly (Entry | undefined)[] {
    const now = this.#clock.now()
    const changed = new Map<string, Entry | undefined>()
    return writes.map((write) => {
      if (write.op !== 'kv.put' && write.op !== 'kv.delete' && write.op !== 'kv.update') return undefined
      // Neither part holds U+0000.
      const place = `${write.ns}\0${write.key}`
      let entry: Entry | undefined
      if (write.op === 'kv.put') entry = { value: write.value, expiresAt: write.expiresAt }
      if (write.op === 'kv.update') {
        const current = changed.has(place) ? liveEntry(changed.get(place), now) : this.#entries.get(write.ns, write.key, now)
        const value = updated(write, current?.value)
        if (value !== undefined) entry = { value, expiresAt: write.expiresAt ?? current?.expiresAt }
      }
      changed.set(place, entry)
      return entry
    })
  }

  #apply(write: Write, update: Entry | undefined): WriteResult {
    switch (write.op) {
      case 'inbox.add': {
        const known = this.#inbox.known(write.row.id)
        if (known !== undefined) return { seq: known.seq, duplicate: true }
        const seq = this.#inbox.nextSeq()
        this.#inbox.add({ ...write.row, seq, state: 'ready', attempts: 0, notBefore: 0 })
        return { seq, duplicate: false }
      }
      case 'outbox.add': {
        const known = this.#outbox.known(write.row.key)
        if (known === undefined) {
          const seq = this.#outbox.nextSeq()
          this.#outbox.add({ ...write.row, seq, state: 'ready', attempts: 0, notBefore: 0, progress: null })
          return { seq }
        }
        if (known.state !== 'forgotten') return { seq: known.seq, existing: known }
        // Its payload was let go; a re-run makes the same one.
        return { seq: known.seq, existing: { ...write.row, ...known, state: 'done', attempts: 0, notBefore: 0 } }
      }
      case 'kv.put':
        this.#entries.set(write.ns, write.key, { value: write.value, expiresAt: write.expiresAt })
        return undefined
      case 'kv.delete':
        this.#entries.set(write.ns, write.key, undefined)
        return undefined
      case 'kv.update':
        this.#entries.set(write.ns, write.key, update)
        return update?.value
      case 'blob.put':
        this.#blobs.set(write.id, { data: write.data, createdAt: this.#clock.now() })
        return undefined
      case 'blob.delete':
        this.#blobs.delete(write.id)
        return undefined
      case 'inbox.replay':
        return replayFailed(this.#inbox, write.seq)
      case 'outbox.replay':
        return replayFailed(this.#outbox, write.seq)
      case 'inbox.remove':
        return removeFinished(this.#inbox, write.seq)
      case 'outbox.remove':
        return removeFinished(this.#outbox, write.seq)
      case 'inbox.done':
      case 'inbox.retry':
      case 'inbox.dead': {
        const row = this.#inbox.find(write.seq)
        if (row !== undefined) this.#inbox.replace(row, changedInbox(row, write))
        return undefined
      }
      case 'outbox.progress':
      case 'outbox.done':
      case 'outbox.retry':
      case 'outbox.dead':
      case 'outbox.ambiguous': {
        const row = this.#outbox.find(write.seq)
        if (row !== undefined) this.#outbox.replace(row, changedOutbox(row, write))
        return undefined
      }
    }
  }
}

function replayFailed<R extends InboxRow | OutboxRow>(deliveries: MemoryDeliveries<R>, seq: number): boolean {
  const row = deliveries.find(seq)
  if (row?.state !== 'dead' && row?.state !== 'ambiguous') return false
  deliveries.replace(row, replayed(row))
  return true
}

function removeFinished<R extends InboxRow | OutboxRow>(deliveries: MemoryDeliveries<R>, seq: number): boolean {
  const row = deliveries.find(seq)
  if (row === undefined || row.state === 'ready') return false
  deliveries.remove(row)
  return true
}

function collectBlobs(value: Json | undefined, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, part] of Object.entries(value)) {
    if (name === 'blob' && typeof part === 'string') found.add(part)
    else collectBlobs(part, found)
  }
}
