import type { Address } from '../contract/backend.ts'
import type { Sendable } from '../contract/content.ts'
import type { Clock, Logger, Random } from '../contract/environment.ts'
import type { Identifier, Person } from '../contract/identifier.ts'
import type { PluginHost, SentMessage } from '../contract/plugin.ts'
import type { Store } from '../contract/store.ts'
import { keyValue } from '../store/namespace.ts'
import type { Instance } from './instance.ts'

export interface PluginServices {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly signal: AbortSignal
  readonly instances: ReadonlyMap<string, Instance>
  say(to: Identifier | Address | string, content: Sendable): Promise<SentMessage>
}

/** What a plugin holds of the bot outside of any event. */
export function pluginHost(name: string, config: unknown, services: PluginServices): PluginHost {
  const { store, clock, random, log, signal, instances, say } = services
  return {
    name,
    config,
    clock,
    random,
    signal,
    log: log.child({ plugin: name }),
    state: keyValue(store, `plugin/${name}`, clock),
    send: say,
    get identities(): ReadonlyMap<string, Person> {
      const known = [...instances.values()].flatMap(({ name: instance, connection }): readonly (readonly [string, Person])[] =>
        connection.bot === undefined ? [] : [[instance, connection.bot]],
      )
      return new Map(known)
    },
  }
}
