import { abilitiesOf } from './contract/abilities.ts'
import type { Abilities } from './contract/backend.ts'
import type { StoreCounts } from './contract/store.ts'
import type { ConnectionStatus } from './delivery/connection.ts'
import type { Outbox } from './delivery/outbox.ts'
import type { Instance } from './hosting/instance.ts'
import type { SinkSlot } from './hosting/sink.ts'

/** How a bot is, for people and for `bot status`. Holds no secret. */
export interface BotStatus {
  readonly name: string
  readonly state: 'new' | 'starting' | 'running' | 'stopping' | 'stopped'
  readonly backends: readonly BackendStatus[]
  readonly sinks: readonly SinkStatus[]
  readonly plugins: readonly string[]
  readonly deliveries: StoreCounts
}

export interface BackendStatus extends ConnectionStatus {
  readonly name: string
  readonly module: string
  /** Where people reach it, where it serves a page of its own. */
  readonly url?: string
  /** Messages not yet sent. */
  readonly waiting: number
  readonly abilities: Abilities
}

export interface SinkStatus {
  readonly name: string
  readonly url?: string
  /** Lines to paste into a shell. */
  readonly examples: readonly string[]
}

export function backendStatus({ name, module, connection, backend }: Instance, outbox: Outbox): BackendStatus {
  return {
    name,
    module,
    ...connection.status,
    ...(backend.url === undefined ? {} : { url: backend.url }),
    waiting: outbox.pending(name),
    abilities: abilitiesOf(backend),
  }
}

export function sinkStatus({ name, sink }: SinkSlot): SinkStatus {
  return { name, ...(sink.url === undefined ? {} : { url: sink.url }), examples: sink.examples ?? [] }
}
