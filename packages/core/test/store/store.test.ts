import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSqliteStore } from '../../src/store/sqlite.ts'
import { standingClock } from './clock.ts'
import { storeContract } from './contract.ts'
import { silentLog } from './log.ts'

storeContract({
  test,
  name: 'memory',
  async factory() {
    const clock = standingClock()
    const store = createMemoryStore({ clock })
    await store.open()
    return { store, clock, reopen: () => Promise.reject(new Error('A memory store keeps nothing.')), end: () => store.close() }
  },
})

storeContract({
  test,
  name: 'sqlite',
  async factory() {
    const clock = standingClock()
    const folder = await mkdtemp(join(tmpdir(), 'store-'))
    const make = (): ReturnType<typeof createSqliteStore> => createSqliteStore({ path: join(folder, 'bot.db'), clock, log: silentLog })
    let store = make()
    await store.open()
    return {
      store,
      clock,
      async reopen() {
        await store.close()
        store = make()
        await store.open()
        return store
      },
      async end() {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
})
