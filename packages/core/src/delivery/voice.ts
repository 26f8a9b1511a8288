import type { Address } from '../contract/backend.ts'
import type { Content, FileInput, FileRef, Sendable } from '../contract/content.ts'
import type { Clock } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { Identifier, Person } from '../contract/identifier.ts'
import type { SentMessage } from '../contract/plugin.ts'
import type { Write } from '../contract/store.ts'
import { readSendable } from '../content/input.ts'
import { safeFileName, sniffMediaType } from '../content/media.ts'
import type { Outbox } from './outbox.ts'
import { laneOf, type Outgoing } from './payload.ts'

export interface VoiceOptions {
  readonly outbox: Outbox
  readonly clock: Clock
  /** The most bytes of one file. */
  readonly fileBytes: number
  /** The instances this bot runs. */
  readonly instances: ReadonlySet<string>
}

/** Makes the next key of whoever speaks: the n-th reply of an event, or a fresh one. */
export type NextKey = () => string

export interface SayOptions {
  /** Shown to this person only, where the network can. */
  readonly onlyTo?: Person
  /** Changes the content before it is kept; how a group answer gets its addressee in front. */
  readonly finish?: (content: Content) => Content
}

/** Turns what handlers say into rows of the outbox. */
export class Voice {
  readonly #options: VoiceOptions

  constructor(options: VoiceOptions) {
    this.#options = options
  }

  /** Resolves when the message is in the outbox. Rejects with `BOT_CONTENT`, `BOT_INSTANCE_UNKNOWN`, `BOT_CLOSED` or a `STORE_` code. */
  async say(to: Identifier | Address, sendable: Sendable, nextKey: NextKey, options: SayOptions = {}): Promise<SentMessage> {
    const address = this.#address(to)
    const key = nextKey()
    const { content, writes } = this.#content(sendable, key)
    const { onlyTo, finish } = options
    const finished = finish === undefined ? content : finish(content)
    await this.#add(key, { op: 'send', address, content: finished, ...(onlyTo === undefined ? {} : { onlyTo }) }, writes)
    return this.#sent(key, address, nextKey)
  }

  async react(to: Identifier | Address, messageId: string, reaction: string, nextKey: NextKey): Promise<void> {
    await this.#add(nextKey(), { op: 'react', address: this.#address(to), messageId, reaction })
  }

  #sent(key: string, address: Address, nextKey: NextKey): SentMessage {
    return {
      key,
      edit: async (sendable) => {
        const editKey = nextKey()
        const { content, writes } = this.#content(sendable, editKey)
        await this.#add(editKey, { op: 'edit', address, target: key, content }, writes)
      },
      delete: () => this.#add(nextKey(), { op: 'delete', address, target: key }),
      delivered: () => this.#options.outbox.delivered(key),
    }
  }

  async #add(key: string, outgoing: Outgoing, writes: readonly Write[] = []): Promise<void> {
    const { to } = outgoing.address
    await this.#options.outbox.add({ key, instance: to.instance, lane: laneOf(to), createdAt: this.#options.clock.now() }, outgoing, writes)
  }

  #address(to: Identifier | Address): Address {
    const address = 'to' in to ? to : { to }
    const { instance } = address.to
    if (this.#options.instances.has(instance)) return address
    const known = [...this.#options.instances].join(', ') || 'none'
    throw new BotError(
      'BOT_INSTANCE_UNKNOWN',
      `${address.to.id} cannot be reached: this bot runs no backend called "${instance}" (it runs: ${known}).`,
    )
  }

  #content(sendable: Sendable, key: string): { readonly content: Content; readonly writes: readonly Write[] } {
    const { content, files } = readSendable(sendable)
    if (files.length === 0) return { content, writes: [] }
    const refs = files.map((file, index) => this.#fileRef(file, `${key}/${index}`))
    const writes = files.map((file, index): Write => ({ op: 'blob.put', id: `${key}/${index}`, data: file.data }))
    return { content: { ...content, files: refs }, writes }
  }

  #fileRef(file: FileInput, blob: string): FileRef {
    const { fileBytes } = this.#options
    if (file.data.byteLength > fileBytes) {
      const found = `${file.data.byteLength} bytes`
      throw new BotError('BOT_CONTENT', `The file "${safeFileName(file.name)}" has ${found}; the bound is ${fileBytes} (limits.fileBytes).`)
    }
    return {
      blob,
      name: safeFileName(file.name),
      type: file.type ?? sniffMediaType(file.data),
      sizeBytes: file.data.byteLength,
      ...(file.alt === undefined ? {} : { alt: file.alt }),
    }
  }
}
