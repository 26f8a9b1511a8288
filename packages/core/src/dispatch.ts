import type { Backend } from './contract/backend.ts'
import type { Sendable } from './contract/content.ts'
import type { Clock, Logger, Random } from './contract/environment.ts'
import { BotError, codeOf } from './contract/errors.ts'
import type { ActionEvent, InboundEvent, InboundKind, Message } from './contract/events.ts'
import type { CommandResult, EventContext, MessageContext } from './contract/plugin.ts'
import type { Person } from './contract/identifier.ts'
import type { Store, Write } from './contract/store.ts'
import type { Gatekeeper } from './access/gatekeeper.ts'
import type { Calling } from './calling.ts'
import { md } from './content/md.ts'
import type { Outcome } from './delivery/inbox.ts'
import { pressOf } from './delivery/numbered-reply.ts'
import { storeFailed } from './delivery/retry.ts'
import { CommandTurn, MessageTurn, Turn, type TurnServices } from './delivery/turn.ts'
import type { Voice } from './delivery/voice.ts'
import type { Registry } from './plugins/registry.ts'

/** How long a handler may take to end once its signal is aborted. */
const GRACE_MS = 5000

export interface DispatchOptions {
  readonly registry: Registry
  readonly calling: Calling
  readonly gate: Gatekeeper
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly voice: Voice
  readonly handlerMs: number
  readonly fileBytes: number
  backend(instance: string): Backend
  /** Who the bot is there, once connected. */
  identity(instance: string): Person | undefined
}

/** Brings an event to the command it calls and to the listeners that want it. */
export class Dispatch {
  readonly #options: DispatchOptions
  readonly #running = new Set<Turn>()

  constructor(options: DispatchOptions) {
    this.#options = options
  }

  /** Handles one event. Resolves to what is to be committed; a handler's exception is that handler's end and nobody else's. */
  async handle(instance: string, rowId: string, event: InboundEvent): Promise<Outcome> {
    const services: TurnServices = { ...this.#options, instance, backend: this.#options.backend(instance) }
    const writes: Write[] = []
    if (event.kind === 'message') writes.push(...(await this.#message(services, rowId, event)))
    else if (event.kind === 'action') writes.push(...(await this.#action(services, rowId, event)))
    for (const { plugin, listener } of this.#options.registry.listeners(event.kind)) {
      const answerable = event.kind === 'message' || event.kind === 'action'
      const turn = answerable ? new MessageTurn(services, plugin, rowId, event) : new Turn(services, plugin, rowId, event)
      // The context's type follows from the kind, which the registry keeps together with the listener.
      writes.push(...(await this.#run(turn, async () => (listener as Listener)(turn as unknown as ListenerContext))))
    }
    return { do: 'finish', writes }
  }

  /** Tells every running handler that the bot stops. */
  abort(reason: Error): void {
    for (const turn of this.#running) turn.abort(reason)
  }

  async #message(services: TurnServices, rowId: string, message: Message): Promise<readonly Write[]> {
    // Programs command nobody: two bots that answer each other would never stop. History that is played back was answered then.
    if (message.delayed === true || message.from.bot) return []
    const call = await this.#options.calling.read(message, services.backend, this.#options.identity(services.instance))
    if (call === undefined) return this.#press(services, rowId, message)
    if (call.do === 'say') {
      const turn = new CommandTurn(services, 'help', rowId, message, '', '')
      return [...call.writes, ...(await this.#run(turn, async () => void (await turn.reply(call.text))))]
    }
    const { command, text, args } = call
    const turn = new CommandTurn(services, command.plugin, rowId, message, command.name, text, args)
    const written = await this.#run(turn, async () => this.#answer(turn, await command.definition.run(turn)), command.definition.timeoutMs)
    return [...call.writes, ...written]
  }

  /** Where a network has no buttons, a number may be the press of one. */
  async #press(services: TurnServices, rowId: string, message: Message): Promise<readonly Write[]> {
    if (services.backend.features.includes('actions')) return []
    const press = await pressOf(this.#options.store, message)
    return press === undefined ? [] : this.#action(services, rowId, press)
  }

  async #action(services: TurnServices, rowId: string, event: ActionEvent): Promise<readonly Write[]> {
    const found = this.#options.registry.action(event.action)
    if (found === undefined) {
      this.#options.log.warn({ action: event.action }, 'a button was pressed that no plugin handles')
      return []
    }
    const turn = new MessageTurn(services, found.plugin, rowId, event)
    const admission = await this.#options.gate.admit({ kind: 'action', name: `${found.plugin}:${event.action}` }, event)
    const handler = admission.allowed
      ? async () => this.#answer(turn, await found.handler(turn))
      : async () => void (await turn.reply(md`${admission.refusal}`))
    return [...admission.record, ...(await this.#run(turn, handler))]
  }

  async #answer(turn: Pick<MessageContext, 'reply'>, result: CommandResult): Promise<void> {
    if (result === undefined || result === null) return
    if (typeof result === 'string' || !isIterable(result)) {
      await turn.reply(result)
      return
    }
    for await (const item of result) await turn.reply(item)
  }

  /** Runs one handler within its time. Resolves to its writes, or to none when it failed: then the asker is told, in private terms. */
  async #run(turn: Turn, handler: () => Promise<void>, timeoutMs = this.#options.handlerMs): Promise<readonly Write[]> {
    const { clock, random, log } = this.#options
    this.#running.add(turn)
    const late = Promise.withResolvers<never>()
    let timer = clock.after(timeoutMs, () => {
      turn.abort(new BotError('BOT_BUSY', `The handler took longer than ${timeoutMs} ms.`))
      timer = clock.after(GRACE_MS, () => late.reject(turn.signal.reason as Error))
    })
    try {
      await Promise.race([handler(), late.promise])
      return turn.writes
    } catch (error) {
      // The bot stops, or its store fails: the event is handled again, so nobody is told anything.
      if (codeOf(error) === 'BOT_CLOSED' || storeFailed(error)) throw error
      const reference = random.uuid().slice(0, 8)
      log.error({ err: error, reference, plugin: turn.plugin, event: turn.event.id }, 'a handler failed')
      await this.#apologise(turn, reference)
      return []
    } finally {
      timer.cancel()
      this.#running.delete(turn)
    }
  }

  async #apologise(turn: Turn, reference: string): Promise<void> {
    // A listener that fails is nobody's question: only who asked for something is told.
    if (!(turn instanceof MessageTurn) || (turn.event.kind === 'message' && !(turn instanceof CommandTurn))) return
    await turn.reply(md`That did not work. The log says why, under reference ${reference}.`)
  }
}

type Listener = (context: ListenerContext) => void | Promise<void>
type ListenerContext = EventContext & MessageContext & { readonly kind: InboundKind }

function isIterable(value: object): value is AsyncIterable<Sendable> | Iterable<Sendable> {
  return Symbol.asyncIterator in value || Symbol.iterator in value
}
