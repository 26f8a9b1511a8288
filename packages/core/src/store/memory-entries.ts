import type { Json } from '../contract/events.ts'
import type { KeyValueEntry, ScanOptions } from '../contract/store.ts'
import { compareKeys } from './keys.ts'

export interface Entry {
  readonly value: Json
  readonly expiresAt: number | undefined
}

interface Namespace {
  readonly entries: Map<string, Entry>
  /** The keys in order, made by the first scan after a key came or went. */
  sorted: string[] | undefined
}

/** The key-value entries of all namespaces. */
export class MemoryEntries {
  readonly #namespaces = new Map<string, Namespace>()

  /** The entry, unless it has expired. */
  get(ns: string, key: string, now: number): Entry | undefined {
    return liveEntry(this.#namespaces.get(ns)?.entries.get(key), now)
  }

  set(ns: string, key: string, entry: Entry | undefined): void {
    let namespace = this.#namespaces.get(ns)
    if (namespace === undefined) {
      if (entry === undefined) return
      namespace = { entries: new Map(), sorted: undefined }
      this.#namespaces.set(ns, namespace)
    }
    const { entries } = namespace
    if (entry === undefined) {
      if (entries.delete(key)) namespace.sorted = undefined
    } else {
      if (!entries.has(key)) namespace.sorted = undefined
      entries.set(key, entry)
    }
  }

  scan(ns: string, { prefix = '', after, limit = 1000 }: ScanOptions, now: number): KeyValueEntry[] {
    const namespace = this.#namespaces.get(ns)
    if (namespace === undefined) return []
    const sorted = (namespace.sorted ??= [...namespace.entries.keys()].sort(compareKeys))
    const found: KeyValueEntry[] = []
    const start = Math.max(
      firstIndex(sorted, (key) => compareKeys(key, prefix) >= 0),
      after === undefined ? 0 : firstIndex(sorted, (key) => compareKeys(key, after) > 0),
    )
    for (let index = start; index < sorted.length && found.length < limit; index++) {
      const key = sorted[index] as string
      if (!key.startsWith(prefix)) break
      const entry = liveEntry(namespace.entries.get(key), now)
      if (entry !== undefined) found.push({ key, value: entry.value })
    }
    return found
  }

  prune(now: number): number {
    let gone = 0
    for (const [ns, namespace] of this.#namespaces) {
      for (const [key, entry] of namespace.entries) {
        if (liveEntry(entry, now) !== undefined) continue
        namespace.entries.delete(key)
        namespace.sorted = undefined
        gone++
      }
      if (namespace.entries.size === 0) this.#namespaces.delete(ns)
    }
    return gone
  }
}

/** The entry, or undefined once it has expired. */
export function liveEntry(entry: Entry | undefined, now: number): Entry | undefined {
  return entry === undefined || (entry.expiresAt !== undefined && entry.expiresAt <= now) ? undefined : entry
}

/** The first index for which the test holds; it holds for all after it. */
function firstIndex(sorted: readonly string[], holds: (key: string) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(sorted[middle] as string)) high = middle
    else low = middle + 1
  }
  return low
}
