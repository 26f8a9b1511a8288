import { createHash } from 'node:crypto'

const MAX_KEYS = 10_000

/** Notices when an idempotency key comes again with something else. It remembers the last keys of this process: a hint for the log, not a check. */
export class RepeatWatch {
  readonly #digests = new Map<string, string>()

  /** Whether the key was seen with another path or body. */
  differs(key: string, path: string, body: Uint8Array): boolean {
    const digest = createHash('sha256').update(path).update('\n').update(body).digest('base64')
    const known = this.#digests.get(key)
    if (known !== undefined) return known !== digest
    this.#digests.set(key, digest)
    if (this.#digests.size > MAX_KEYS) this.#digests.delete(this.#digests.keys().next().value as string)
    return false
  }
}
