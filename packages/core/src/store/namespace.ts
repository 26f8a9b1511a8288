import type { Clock } from '../contract/environment.ts'
import type { Json } from '../contract/events.ts'
import type { KeyValue, KeyValueEntry, ScanOptions, Store, Write } from '../contract/store.ts'
import { checkWrite, compareKeys, toJson, updated } from './keys.ts'

type EntryWrite = Extract<Write, { op: 'kv.put' | 'kv.delete' | 'kv.update' }>

/** A namespace of the store; each call that writes is a commit of its own. */
export function keyValue(store: Store, ns: string, clock: Clock): KeyValue {
  const commit = async (write: EntryWrite): Promise<void> => {
    await store.commit([write])
  }
  return {
    get: (key) => store.get(ns, key),
    set: async (key, value, options) => commit(putWrite(ns, key, value, clock, options)),
    delete: (key) => commit({ op: 'kv.delete', ns, key }),
    update: (key, fn) => commit({ op: 'kv.update', ns, key, update: fn }),
    list: (options) => store.scan(ns, options),
  }
}

/**
 * A namespace as one event's handler sees it: its writes are collected for the commit of the event, and its reads see them over what the store holds
 * now. An update runs again at the commit, on the value of that moment. Calls reject with `STORE_VALUE` for what cannot be kept.
 */
export function bufferedKeyValue(store: Store, ns: string, clock: Clock): { readonly kv: KeyValue; readonly writes: readonly Write[] } {
  const writes: EntryWrite[] = []
  const byKey = new Map<string, EntryWrite[]>()

  const buffer = async (make: () => EntryWrite): Promise<void> => {
    const write = make()
    checkWrite(write)
    writes.push(write)
    const earlier = byKey.get(write.key)
    if (earlier === undefined) byKey.set(write.key, [write])
    else earlier.push(write)
  }
  const replay = (key: string, stored: Json | undefined): Json | undefined => {
    let value = stored
    let expiresAt: number | undefined
    for (const write of byKey.get(key) ?? []) {
      if (expiresAt !== undefined && expiresAt <= clock.now()) value = undefined
      if (write.op === 'kv.update') {
        value = updated(write, value)
        continue
      }
      value = write.op === 'kv.put' ? write.value : undefined
      expiresAt = write.op === 'kv.put' ? write.expiresAt : undefined
    }
    return expiresAt !== undefined && expiresAt <= clock.now() ? undefined : value
  }

  const kv: KeyValue = {
    get: async (key) => replay(key, await store.get(ns, key)),
    set: (key, value, options) => buffer(() => putWrite(ns, key, value, clock, options)),
    delete: (key) => buffer(() => ({ op: 'kv.delete', ns, key })),
    update: (key, fn) => buffer(() => ({ op: 'kv.update', ns, key, update: fn })),
    async list(options: ScanOptions = {}) {
      const { prefix = '', after, limit = 1000 } = options
      const own = [...byKey.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
      // So many more that own deletions leave a full page, and that what is beyond the page is beyond its last key too.
      const stored = await store.scan(ns, { ...options, limit: limit + own.length })
      const merged = new Map(stored.map(({ key, value }) => [key, value]))
      for (const key of own) {
        const value = replay(key, merged.get(key))
        if (value === undefined) merged.delete(key)
        else merged.set(key, value)
      }
      return Array.from(merged, ([key, value]): KeyValueEntry => ({ key, value }))
        .sort((a, b) => compareKeys(a.key, b.key))
        .slice(0, limit)
    },
  }
  return { kv, writes }
}

function putWrite(ns: string, key: string, value: Json, clock: Clock, options: { readonly expiresInMs?: number } = {}): EntryWrite {
  // A copy: what the caller changes afterwards is not what was set.
  const copy = JSON.parse(toJson(value, `"${key}" in "${ns}"`)) as Json
  return {
    op: 'kv.put',
    ns,
    key,
    value: copy,
    ...(options.expiresInMs === undefined ? {} : { expiresAt: clock.now() + options.expiresInMs }),
  }
}
