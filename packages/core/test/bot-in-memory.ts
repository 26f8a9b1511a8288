import { createBot, type Bot } from '../src/create-bot.ts'
import type { BotOptions } from '../src/bot-options.ts'
import type { Logger } from '../src/contract/environment.ts'
import type { StoreModule } from '../src/contract/module.ts'
import { CONTRACT } from '../src/contract/module.ts'
import type { Store } from '../src/contract/store.ts'
import { createLogger } from '../src/environment/log.ts'
import { Redactor } from '../src/environment/redact.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { ManualClock, seededRandom, settle } from './manual-clock.ts'
import { Network } from './network.ts'

export interface World {
  readonly clock: ManualClock
  readonly network: Network
  readonly store: Store
  /** Every log record. */
  readonly log: Record<string, unknown>[]
  bot: Bot
  /** Ends the bot as SIGKILL does: nothing more of it runs; a new one starts on the same store. */
  crashAndRestart(): Promise<void>
}

/** A bot on a network in memory, with a clock to move. A memory store is "durable" here: it outlives the bot, as a file would. */
export async function startWorld(
  options: Partial<BotOptions> & { readonly network?: Network; readonly start?: boolean } = {},
): Promise<World> {
  const { network = new Network(), start = true, ...rest } = options
  const clock = new ManualClock()
  const durable = createMemoryStore({ clock })
  const records: Record<string, unknown>[] = []
  const log: Logger = createLogger({
    level: 'trace',
    clock,
    redactor: new Redactor(),
    write: (line) => records.push(JSON.parse(line) as Record<string, unknown>),
  })
  let life = revocable(durable)
  const make = (): Bot => {
    const module: StoreModule = { kind: 'store', name: 'test', contract: CONTRACT, create: () => life.store }
    return createBot({
      store: { module },
      backends: { net: { module: network.module() } },
      log,
      environment: { clock, random: seededRandom() },
      ...rest,
    })
  }
  const world: World = {
    clock,
    network,
    store: durable,
    log: records,
    bot: make(),
    async crashAndRestart() {
      life.revoke()
      await settle()
      life = revocable(durable)
      world.bot = make()
      await world.bot.start()
      await settle()
    },
  }
  if (start) await world.bot.start()
  return world
}

/** A store whose every call hangs once it is revoked: what a killed process can still do to a disk. */
function revocable(store: Store): { readonly store: Store; revoke(): void } {
  let alive = true
  const proxy = new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value

      return (...args: unknown[]) => (alive ? (value as (...args: unknown[]) => unknown).apply(target, args) : new Promise(() => {}))
    },
  })
  return { store: proxy, revoke: () => void (alive = false) }
}
