import type { Block, Card, Action, Json, KeyValue } from '@bot/core/backend'
import type { WireFile } from './protocol.ts'

/*
 * What was said, in the backend's private storage: one entry a message (`m/<conversation>/<seq>`), so that a write is as large as one message. All of
 * it is held in memory too; `historySize` bounds both. A message counts only once its write has resolved.
 */

export interface StoredFile extends WireFile {
  /** The blob of the core it was copied from, for files of the bot. */
  readonly blob?: string
}

export interface StoredContent {
  readonly blocks: readonly Block[]
  readonly card?: Card
  readonly actions?: readonly Action[]
  readonly files?: readonly StoredFile[]
}

export interface StoredMessage {
  readonly id: string
  /** `#room`, or `@a,@b` for a direct conversation. */
  readonly conv: string
  readonly seq: number
  readonly rev: number
  readonly from: string
  readonly name: string
  readonly time: number
  readonly content: StoredContent
  readonly text?: string
  readonly thread?: string
  readonly replyTo?: string
  readonly mentions?: readonly string[]
  readonly editedAt?: number
  readonly deleted?: boolean
  readonly onlyTo?: string
  /** Said by a person where the bot listens. */
  readonly forBot?: boolean
  readonly reactions: readonly { readonly reaction: string; readonly by: readonly string[] }[]
  /** What a repeat is recognised by: the outbox key of the bot's messages, `<person>/<operation>` of people's. */
  readonly key: string
}

export type NewMessage = Omit<StoredMessage, 'rev' | 'reactions'>

/** What is left of a message for recognising its repeat. */
export interface KeyRecord {
  readonly id: string
  readonly time: number
  readonly thread?: string
}

const PERSON_KEY_MS = 30 * 24 * 3_600_000

export class Archive {
  readonly #state: KeyValue
  readonly #historySize: number
  readonly #removed: (message: StoredMessage) => void
  readonly #conversations = new Map<string, StoredMessage[]>()
  readonly #byId = new Map<string, StoredMessage>()
  readonly #byKey = new Map<string, StoredMessage>()
  readonly #changes = new Map<string, Promise<unknown>>()
  #rev = 0
  #epoch = ''

  /** `removed` is told of each message that has left the history. */
  constructor(state: KeyValue, historySize: number, removed: (message: StoredMessage) => void) {
    this.#state = state
    this.#historySize = historySize
    this.#removed = removed
  }

  /** Tells one life of the data from another: a page that knows another epoch starts afresh. */
  get epoch(): string {
    return this.#epoch
  }

  get rev(): number {
    return this.#rev
  }

  async load(freshEpoch: string): Promise<void> {
    for (const map of [this.#conversations, this.#byId, this.#byKey, this.#changes]) map.clear()
    const epoch = await this.#state.get('epoch')
    this.#epoch = typeof epoch === 'string' ? epoch : freshEpoch
    if (epoch === undefined) await this.#state.set('epoch', this.#epoch)
    const floor = await this.#state.get('rev')
    this.#rev = typeof floor === 'number' ? floor : 0
    for await (const { value } of entries(this.#state, 'm/')) {
      const message = value as unknown as StoredMessage
      this.#rev = Math.max(this.#rev, message.rev)
      this.#insert(message)
    }
    for (const conv of this.#conversations.keys()) await this.#trim(conv)
  }

  /** The place of the next message in the order of everything. */
  nextSeq(): number {
    return ++this.#rev
  }

  /** Keeps a message; resolves once it is on disk. */
  async add(draft: NewMessage): Promise<StoredMessage> {
    const message: StoredMessage = { ...draft, rev: draft.seq, reactions: [] }
    await this.#state.set(storageKey(message), message as unknown as Json)
    this.#insert(message)
    await this.#trim(message.conv)
    return message
  }

  /** What was kept under this key, however long ago. */
  async kept(key: string): Promise<KeyRecord | undefined> {
    const message = this.#byKey.get(key)
    if (message !== undefined) return message
    return (await this.#state.get(`k/${key}`)) as KeyRecord | undefined
  }

  /** Changes a message; changes of one message follow each other. Resolves to undefined where the message is gone or `change` wants nothing. */
  change(id: string, change: (current: StoredMessage) => Partial<StoredMessage> | undefined): Promise<StoredMessage | undefined> {
    const turn = async () => {
      const current = this.#byId.get(id)
      const patch = current === undefined ? undefined : change(current)
      if (current === undefined || patch === undefined) return undefined
      const next = { ...current, ...patch, rev: ++this.#rev }
      await this.#state.set(storageKey(next), next as unknown as Json)
      this.#replace(next)
      return next
    }
    const done = (this.#changes.get(id) ?? Promise.resolve()).then(turn, turn)
    this.#changes.set(id, done)
    const forget = () => {
      if (this.#changes.get(id) === done) this.#changes.delete(id)
    }
    done.then(forget, forget)
    return done
  }

  /** Takes back a message that was kept but never accepted. */
  async withdraw(message: StoredMessage): Promise<void> {
    this.#forget(message)
    this.#byKey.delete(message.key)
    await this.#state.delete(storageKey(message))
  }

  /** Forgets a whole conversation. */
  async remove(conv: string): Promise<void> {
    await this.#state.set('rev', this.#rev)
    for (const message of [...(this.#conversations.get(conv) ?? [])]) await this.#expel(message)
    this.#conversations.delete(conv)
  }

  find(id: string): StoredMessage | undefined {
    return this.#byId.get(id)
  }

  get conversations(): Iterable<string> {
    return this.#conversations.keys()
  }

  /** Oldest first. */
  messages(conv: string): readonly StoredMessage[] {
    return this.#conversations.get(conv) ?? []
  }

  #insert(message: StoredMessage): void {
    const list = this.#conversations.get(message.conv) ?? []
    this.#conversations.set(message.conv, list)
    let at = list.length
    while (at > 0 && (list[at - 1]?.seq ?? 0) > message.seq) at -= 1
    list.splice(at, 0, message)
    this.#byId.set(message.id, message)
    this.#byKey.set(message.key, message)
  }

  #replace(message: StoredMessage): void {
    const list = this.#conversations.get(message.conv)
    const at = list?.findLastIndex((other) => other.id === message.id) ?? -1
    // Trimmed away while the change was written: what is gone stays gone.
    if (list === undefined || at < 0) return void this.#state.delete(storageKey(message))
    list[at] = message
    this.#byId.set(message.id, message)
    this.#byKey.set(message.key, message)
  }

  #forget(message: StoredMessage): void {
    const list = this.#conversations.get(message.conv)
    const at = list?.findIndex((other) => other.id === message.id) ?? -1
    if (at >= 0) list?.splice(at, 1)
    this.#byId.delete(message.id)
  }

  /**
   * Takes a message out of the history. As long as it stands there it is recognised by its key; from then on a record of its own does that, and until that record is
   * on disk, memory.
   */
  async #expel(message: StoredMessage): Promise<void> {
    this.#forget(message)
    this.#removed(message)
    const record: KeyRecord = { id: message.id, time: message.time, ...(message.thread !== undefined && { thread: message.thread }) }
    // A person's page repeats within hours, the outbox may repeat whenever an operator says so.
    const expiry = message.text === undefined ? {} : { expiresInMs: PERSON_KEY_MS }
    await Promise.all([this.#state.set(`k/${message.key}`, record as unknown as Json, expiry), this.#state.delete(storageKey(message))])
    this.#byKey.delete(message.key)
  }

  async #trim(conv: string): Promise<void> {
    const list = this.#conversations.get(conv)
    while (list !== undefined && list.length > this.#historySize) {
      await this.#expel(list[0] as StoredMessage)
    }
  }
}

/** All entries below a prefix, read in pages. */
export async function* entries(state: KeyValue, prefix: string): AsyncGenerator<{ readonly key: string; readonly value: Json }> {
  let after: string | undefined
  for (;;) {
    const page = await state.list({ prefix, limit: 1000, ...(after !== undefined && { after }) })
    yield* page
    after = page.at(-1)?.key
    if (after === undefined || page.length < 1000) return
  }
}

function storageKey(message: StoredMessage): string {
  return `m/${encodeURIComponent(message.conv)}/${String(message.seq).padStart(16, '0')}`
}
