import type { BackendHost, InboundEvent } from '@bot/core/backend'
import type { Happening } from './directory.ts'

/** Brings events to the bot, one after the other. */
export class Deliveries {
  readonly #host: BackendHost
  #last: Promise<void> = Promise.resolve()

  constructor(host: BackendHost) {
    this.#host = host
  }

  /** Resolves when the bot has taken the event; rejects as `BackendHost.receive` does. */
  send(happening: Happening): Promise<void> {
    const event = { ...happening, id: this.#host.random.uuid(), time: this.#host.clock.now() } as InboundEvent
    const sent = this.#last.then(() => this.#host.receive([event]))
    // Only the order matters here: whoever sent the event is told of its failure.
    this.#last = sent.catch(() => undefined)
    return sent
  }

  /** Resolves when the bot has nothing left to do with what was sent. */
  async idle(): Promise<void> {
    let waitedFor
    do {
      waitedFor = this.#last
      await waitedFor
      await this.#host.idle()
      // Handling an event may have made others: somebody invited, somebody put out.
    } while (waitedFor !== this.#last)
  }
}
