import type { StandingClock } from './clock.ts'
import type { Store } from '../../src/contract/store.ts'
import { commitScenes } from './commit-scenes.ts'
import { deliveryScenes } from './delivery-scenes.ts'
import { entryScenes } from './entry-scenes.ts'
import { leaseScenes } from './lease-scenes.ts'
import { pruneScenes } from './prune-scenes.ts'

export type TestFunction = (name: string, scene: () => Promise<void>) => void

export interface StoreUnderTest {
  readonly store: Store
  readonly clock: StandingClock
  /** Closes the store and opens another over the same data. Called only where `can.persist`. */
  reopen(): Promise<Store>
  /** Closes the store and removes its data. */
  end(): Promise<void>
}

export interface StoreContractOptions {
  readonly test: TestFunction
  /** Makes an empty, open store. */
  readonly factory: () => Promise<StoreUnderTest>
  readonly name: string
}

/** One promise of the contract, tried on a store of its own. */
export type Scene = (name: string, run: (subject: StoreUnderTest) => Promise<void>) => void

/** The scenes that every store passes. */
export function storeContract({ test, factory, name }: StoreContractOptions): void {
  const scene: Scene = (title, run) => {
    test(`${name}: ${title}`, async () => {
      const subject = await factory()
      try {
        await run(subject)
      } finally {
        await subject.end()
      }
    })
  }
  commitScenes(scene)
  deliveryScenes(scene)
  entryScenes(scene)
  leaseScenes(scene)
  pruneScenes(scene)
}
