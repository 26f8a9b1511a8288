import { abilitiesOf } from '../contract/abilities.ts'
import type { Abilities, BackendHost } from '../contract/backend.ts'
import { BotError } from '../contract/errors.ts'
import type { BackendModule } from '../contract/module.ts'
import type { KeyValue } from '../contract/store.ts'
import { systemClock } from '../environment/clock.ts'
import { silentLogger } from '../environment/log.ts'
import { systemRandom } from '../environment/random.ts'
import type { Use } from '../config/resolve.ts'

/** What a configured backend can do. It is made, so that it can be looked at, and never asked to connect. Rejects with what its `create` throws. */
export async function abilitiesOfUse(use: Use, appDir: string): Promise<Abilities> {
  const module = use.module as BackendModule
  return abilitiesOf(await module.create(use.options as never, idleHost(use.name, appDir)))
}

/** A host behind which there is no bot. */
function idleHost(instance: string, appDir: string): BackendHost {
  const none = (): Promise<never> => Promise.reject(new BotError('BOT_CLOSED', 'No bot runs here: the backend is only looked at.'))
  const state: KeyValue = { get: none, set: none, delete: none, update: none, list: none }
  return {
    instance,
    appDir,
    state,
    log: silentLogger,
    clock: systemClock,
    random: systemRandom,
    dataDir: none,
    receive: none,
    cursor: none,
    idle: none,
    readFile: none,
    listener: none,
    connected: () => undefined,
    alive: () => undefined,
    shutdown: () => undefined,
    commands: () => [],
  }
}
