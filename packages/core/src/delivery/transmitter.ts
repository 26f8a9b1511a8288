import { createHash } from 'node:crypto'

import type { Address, Backend, OutgoingMessage, Receipt } from '../contract/backend.ts'
import type { Content } from '../contract/content.ts'
import type { Clock, Logger, Random } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { OutboxRow, Store, Write } from '../contract/store.ts'
import { degrade } from '../content/degrade.ts'
import { fit } from '../content/split.ts'
import { offerChoices } from './numbered-reply.ts'
import type { Connection } from './connection.ts'
import type { LaterEdits, Transmitted } from './outbox.ts'
import { TokenBucket } from './pace.ts'
import { asJson, readProgress, type Outgoing, type Progress, type SentPart } from './payload.ts'
import { GIVE_UP_ATTEMPTS, GIVE_UP_MS, judgeSend } from './retry.ts'

/** Sends to one network do not come closer to its deduplication window's end than this. */
const WINDOW_MARGIN_MS = 5000
/** Buckets of rooms that have been quiet are forgotten once there are so many. */
const MANY_BUCKETS = 1000

export interface TransmitterOptions {
  readonly instance: string
  readonly backend: Backend
  readonly connection: Connection
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Aborted when the bot stops: what waits is left for the next start. */
  readonly signal: AbortSignal
}

/** Sends the outbox rows of one instance: fits, paces, sends, and tries again by error code. Each part is recorded before the next. */
export class Transmitter {
  readonly #options: TransmitterOptions
  readonly #rooms = new Map<string, TokenBucket>()
  readonly #overall: TokenBucket | undefined

  constructor(options: TransmitterOptions) {
    this.#options = options
    const overall = options.backend.pace?.overall
    this.#overall = overall && new TokenBucket(overall, options.clock.monotonic())
  }

  async transmit(row: OutboxRow, outgoing: Outgoing, later: LaterEdits): Promise<Transmitted> {
    try {
      switch (outgoing.op) {
        case 'send':
          return await this.#send(row, outgoing)
        case 'edit':
          return await this.#edit(row, outgoing, later)
        case 'delete':
          return await this.#delete(row, outgoing)
        case 'react':
          return await this.#react(row, outgoing)
      }
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      return error.result
    }
  }

  async #send(row: OutboxRow, outgoing: Outgoing & { readonly op: 'send' }): Promise<Transmitted> {
    const { backend } = this.#options
    const { onlyTo } = outgoing
    const { sendEphemeral } = backend
    const parts = await this.#parts(row, outgoing.content)
    const progress = readProgress(row.progress)
    if (onlyTo !== undefined && sendEphemeral !== undefined) {
      const sendPart: SendPart = (message) => sendEphemeral.call(backend, message, onlyTo)
      return this.#sendParts(row, this.#addressFor(outgoing.address), parts, sendPart, progress)
    }
    // Rule: where nothing can be shown to one person only, it is said to that person in private.
    const address = onlyTo === undefined ? this.#addressFor(outgoing.address) : { to: onlyTo }
    return this.#sendParts(row, address, parts, (message) => backend.sendMessage(message), progress)
  }

  async #sendParts(row: OutboxRow, address: Address, parts: readonly Content[], sendPart: SendPart, start: Progress): Promise<Transmitted> {
    const { store } = this.#options
    let progress = start
    for (let index = progress.sent.length; index < parts.length; index++) {
      const content = parts[index] as Content
      const message = (attempt: number): OutgoingMessage => ({ ...address, key: wireKey(row.key, index), content, attempt })
      const receipt = await this.#perform<Receipt>({
        row,
        address,
        act: (attempt) => sendPart(message(attempt)),
        once: {
          message,
          lost: progress.attempting === index,
          mark: async (attempts, attempting) => {
            progress = attempting ? { ...progress, attempting: index } : { sent: progress.sent }
            await store.commit([{ op: 'outbox.progress', seq: row.seq, attempts, progress: asJson(progress) }])
          },
        },
      })
      progress = { sent: [...progress.sent, sentPart(receipt)] }
      if (index < parts.length - 1) {
        await store.commit([{ op: 'outbox.progress', seq: row.seq, attempts: 0, progress: asJson(progress) }])
      }
    }
    return this.#done(row, progress.sent, this.#offer(row, progress.sent))
  }

  /** What to remember of a message whose buttons the network could only show as numbers. */
  #offer(row: OutboxRow, sent: readonly SentPart[]): readonly Write[] {
    const { actions = [] } = (row.payload as unknown as { readonly content: Content }).content
    const last = sent.at(-1)
    if (actions.length === 0 || last === undefined || this.#options.backend.features.includes('actions')) return []
    return offerChoices(row.lane, last.messageId, actions, this.#options.clock.now())
  }

  async #edit(row: OutboxRow, outgoing: Outgoing & { readonly op: 'edit' }, later: LaterEdits): Promise<Transmitted> {
    const { backend, store } = this.#options
    if (later.isOutdated(outgoing, row.seq)) return this.#done(row, [])
    const target = await store.findOutbox(outgoing.target)
    if (target?.state !== 'done') throw await this.#dead(row, new Error('the message to change was never sent'))
    const address = this.#addressFor(outgoing.address)
    const parts = await this.#parts(row, outgoing.content)
    const { editMessage } = backend
    if (editMessage === undefined) {
      // Rule: an edit becomes a follow-up.
      return this.#sendParts(row, address, parts, (message) => backend.sendMessage(message), readProgress(row.progress))
    }
    const old = readProgress(target.progress).sent
    const sent: SentPart[] = []
    for (const [index, content] of parts.entries()) {
      const before = old[index]
      const act = (attempt: number): Promise<Receipt> => {
        const message: OutgoingMessage = { ...address, key: wireKey(row.key, index), content, attempt }
        return before === undefined ? backend.sendMessage(message) : editMessage.call(backend, address, before.messageId, message)
      }
      sent.push(sentPart(await this.#perform({ row, address, act })))
    }
    for (const surplus of old.slice(parts.length)) {
      await this.#perform({ row, address, act: () => backend.deleteMessage?.(address, surplus.messageId) ?? Promise.resolve() })
    }
    return this.#done(row, sent, [{ op: 'outbox.progress', seq: target.seq, attempts: target.attempts, progress: asJson({ sent }) }])
  }

  async #delete(row: OutboxRow, outgoing: Outgoing & { readonly op: 'delete' }): Promise<Transmitted> {
    const { backend, store } = this.#options
    const { deleteMessage } = backend
    const target = await store.findOutbox(outgoing.target)
    if (target?.state !== 'done') throw await this.#dead(row, new Error('the message to delete was never sent'))
    if (deleteMessage === undefined) throw await this.#dead(row, new Error('this network cannot take a message back'))
    const address = this.#addressFor(outgoing.address)
    for (const part of readProgress(target.progress).sent) {
      await this.#perform({ row, address, act: () => deleteMessage.call(backend, address, part.messageId) })
    }
    return this.#done(row, [])
  }

  async #react(row: OutboxRow, outgoing: Outgoing & { readonly op: 'react' }): Promise<Transmitted> {
    const { backend } = this.#options
    const { address, messageId, reaction } = outgoing
    const method = outgoing.remove === true ? backend.removeReaction : backend.addReaction
    // Rule: where there are no reactions, nothing is shown.
    if (method !== undefined) await this.#perform({ row, address, act: () => method.call(backend, address, messageId, reaction) })
    return this.#done(row, [])
  }

  async #done(row: OutboxRow, sent: readonly SentPart[], writes: readonly Write[] = []): Promise<Transmitted> {
    const { store, clock } = this.#options
    await store.commit([...writes, { op: 'outbox.done', seq: row.seq, at: clock.now(), progress: asJson({ sent }) }])
    return { state: 'done', sent }
  }

  /** Does one thing at the network, again and again until it is done or must be given up. */
  async #perform<R>({ row, address, act, once }: Deed<R>): Promise<R> {
    const { clock, connection, signal, random, log } = this.#options
    let attempt = row.attempts + 1
    let failures = 0
    let marked = once?.lost ?? false
    let unknown: unknown = marked
      ? new BotError('BACKEND_OUTCOME_UNKNOWN', 'The process ended while the message was being sent.')
      : undefined
    for (;;) {
      await connection.whenConnected(signal)
      await this.#pace(address)
      if (once !== undefined && !this.#recognised(row)) {
        if (unknown !== undefined) {
          const found = await this.#findOut(row, once.message(attempt), unknown)
          if (found !== undefined) return found as R
        } else if (!marked) {
          await once.mark(attempt, true)
          marked = true
        }
      }
      unknown = undefined
      try {
        return await act(attempt)
      } catch (error) {
        if (signal.aborted) throw error
        failures++
        const verdict = judgeSend(error, failures, random)
        const age = clock.now() - row.createdAt
        if (verdict.do === 'give-up' || age > GIVE_UP_MS || attempt >= GIVE_UP_ATTEMPTS) throw await this.#dead(row, error)
        log.warn({ err: error, key: row.key, attempt }, 'a message was not sent and will be tried again')
        if (verdict.do === 'find-out') {
          attempt++
          unknown = error
        } else {
          this.#roomBucket(address)?.pause(clock.monotonic(), verdict.afterMs)
          if (marked) await once?.mark(attempt, false)
          marked = false
        }
        await clock.sleep(verdict.afterMs, signal)
      }
    }
  }

  /** Whether the network would recognise a repeat of this row's message. */
  #recognised(row: OutboxRow): boolean {
    const window = this.#options.backend.idempotentMs ?? 0
    return this.#options.clock.now() - row.createdAt < window - WINDOW_MARGIN_MS
  }

  /** Looks up what an attempt left at the network. Resolves to undefined when it surely left nothing. */
  async #findOut(row: OutboxRow, message: OutgoingMessage, cause: unknown): Promise<Receipt | undefined> {
    const { backend, log } = this.#options
    if (backend.findSent !== undefined) {
      try {
        return await backend.findSent(message)
      } catch (error) {
        log.warn({ err: error, key: row.key }, 'the network could not say whether a message had arrived')
      }
    }
    const text = cause instanceof Error ? cause.message : String(cause)
    await this.#options.store.commit([{ op: 'outbox.ambiguous', seq: row.seq, at: this.#options.clock.now(), error: text }])
    log.error({ err: cause, key: row.key }, 'nobody can tell whether a message was sent; see `bot deliveries list --state ambiguous`')
    throw new GivenUp({ state: 'ambiguous', error: text })
  }

  async #dead(row: OutboxRow, cause: unknown): Promise<GivenUp> {
    const text = cause instanceof Error ? cause.message : String(cause)
    await this.#options.store.commit([{ op: 'outbox.dead', seq: row.seq, at: this.#options.clock.now(), error: text }])
    this.#options.log.error({ err: cause, key: row.key }, 'a message is now a dead letter; see `bot deliveries`')
    return new GivenUp({ state: 'dead', error: text })
  }

  async #parts(row: OutboxRow, content: Content): Promise<readonly Content[]> {
    const { backend } = this.#options
    try {
      return fit(degrade(content, backend.features), backend.limits)
    } catch (error) {
      throw await this.#dead(row, error)
    }
  }

  #addressFor(address: Address): Address {
    if (this.#options.backend.features.includes('threads')) return address
    const { thread: _thread, ...rest } = address
    return rest
  }

  async #pace(address: Address): Promise<void> {
    const { clock, signal } = this.#options
    const now = clock.monotonic()
    const wait = Math.max(this.#overall?.take(now) ?? 0, this.#roomBucket(address)?.take(now) ?? 0)
    if (wait > 0) await clock.sleep(wait, signal)
  }

  #roomBucket(address: Address): TokenBucket | undefined {
    const pace = this.#options.backend.pace?.room
    if (pace === undefined) return undefined
    const now = this.#options.clock.monotonic()
    const known = this.#rooms.get(address.to.id)
    if (known !== undefined) return known
    if (this.#rooms.size >= MANY_BUCKETS) {
      for (const [key, quiet] of this.#rooms) if (quiet.isFull(now)) this.#rooms.delete(key)
    }
    const bucket = new TokenBucket(pace, now)
    this.#rooms.set(address.to.id, bucket)
    return bucket
  }
}

type SendPart = (message: OutgoingMessage) => Promise<Receipt>

/** One thing to do at the network for a row. */
interface Deed<R> {
  readonly row: OutboxRow
  readonly address: Address
  act(attempt: number): Promise<R>
  /** For what must not be done twice. Left out where twice is as good as once. */
  readonly once?: {
    message(attempt: number): OutgoingMessage
    /** An earlier process may have done it. */
    readonly lost: boolean
    /** Records that an attempt is about to be made whose outcome could be lost, or that it is known to have done nothing. */
    mark(attempts: number, attempting: boolean): Promise<void>
  }
}

/** Carries the end of a row out of the loops. */
class GivenUp extends Error {
  readonly result: Transmitted & { readonly state: 'dead' | 'ambiguous' }

  constructor(result: Transmitted & { readonly state: 'dead' | 'ambiguous' }) {
    super(result.error)
    this.result = result
  }
}

/** Short enough for every network's own field (Discord's nonce takes 25 characters), and the same after a restart. */
function wireKey(key: string, part: number): string {
  return createHash('sha256').update(`${key}/${part}`).digest('base64url').slice(0, 22)
}

function sentPart({ messageId, thread, time }: Receipt): SentPart {
  return { messageId, ...(thread === undefined ? {} : { thread }), ...(time === undefined ? {} : { time }) }
}
