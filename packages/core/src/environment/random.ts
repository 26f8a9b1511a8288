import { randomBytes, randomUUID } from 'node:crypto'

import type { Random } from '../contract/environment.ts'

/** The machine's own randomness. */
export const systemRandom: Random = {
  float: () => Math.random(),
  uuid: () => randomUUID(),
  bytes: (length) => new Uint8Array(randomBytes(length)),
}
