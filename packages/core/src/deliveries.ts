import { BotError } from './contract/errors.ts'
import type { DeliveryFilter, InboxRow, OutboxRow, Store, StoreCounts, Write } from './contract/store.ts'
import type { Inbox } from './delivery/inbox.ts'
import type { Outbox } from './delivery/outbox.ts'
import { outboxReplay } from './delivery/payload.ts'

export type Delivery = ({ readonly box: 'in' } & InboxRow) | ({ readonly box: 'out' } & OutboxRow)

export interface DeliveryQuery extends DeliveryFilter {
  /** Default: both. */
  readonly box?: 'in' | 'out'
}

/**
 * What came in and what goes out, for people: done, waiting, dead or ambiguous, with payload and reason. With the boxes of a running bot, a replay runs at once;
 * without, at the next start.
 */
export class Deliveries {
  readonly #store: Store
  readonly #running: { readonly inbox: Inbox; readonly outbox: Outbox } | undefined

  constructor(store: Store, running?: { readonly inbox: Inbox; readonly outbox: Outbox }) {
    this.#store = store
    this.#running = running
  }

  counts(): Promise<StoreCounts> {
    return this.#store.counts()
  }

  /** Newest first; those that came in before those that go out. */
  async list({ box, ...filter }: DeliveryQuery): Promise<readonly Delivery[]> {
    const incoming = box === 'out' || filter.state === 'ambiguous' ? [] : await this.#store.listInbox(filter)
    const outgoing = box === 'in' ? [] : await this.#store.listOutbox(filter)
    return [...incoming.map((row) => ({ box: 'in' as const, ...row })), ...outgoing.map((row) => ({ box: 'out' as const, ...row }))]
  }

  /** By the id that a sender was given, or an outgoing message's key. Throws `DELIVERY_NOT_FOUND`. */
  async show(id: string): Promise<Delivery> {
    const incoming = await this.#store.findInbox(id)
    if (incoming !== undefined) return { box: 'in', ...incoming }
    const outgoing = await this.#store.findOutbox(id)
    if (outgoing !== undefined) return { box: 'out', ...outgoing }
    throw new BotError('DELIVERY_NOT_FOUND', `There is no delivery ${JSON.stringify(id)}; \`bot deliveries list\` shows what there is.`)
  }

  /** Handles or sends a dead or ambiguous one again. Resolves to whether it was one. */
  async replay(id: string): Promise<boolean> {
    const delivery = await this.show(id)
    const { box, seq } = delivery
    if (this.#running !== undefined) return box === 'in' ? this.#running.inbox.replay(seq) : this.#running.outbox.replay(seq)
    const [found] = await this.#store.commit(box === 'in' ? [{ op: 'inbox.replay', seq }] : outboxReplay(delivery))
    return found === true
  }

  /** Removes those that match and are not waiting, with what is remembered of them. Resolves to how many. */
  async purge(query: DeliveryQuery): Promise<number> {
    const found = (await this.list(query)).filter(({ state }) => state !== 'ready')
    if (found.length === 0) return 0
    await this.#store.commit(found.map(({ box, seq }): Write => ({ op: box === 'in' ? 'inbox.remove' : 'outbox.remove', seq })))
    return found.length
  }
}
