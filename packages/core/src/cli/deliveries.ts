import { BotError } from '../contract/errors.ts'
import type { CliOption } from '../contract/module.ts'
import type { DeliveryState, OutboxState } from '../contract/store.ts'
import type { ControlMethod } from '../control.ts'
import { Deliveries, type Delivery, type DeliveryQuery } from '../deliveries.ts'
import type { App } from './app.ts'
import { count, positional, text, type Command, type Context } from './command.ts'
import { connectControl } from './control.ts'
import { EXIT } from './exit-codes.ts'
import { table } from './help.ts'
import { storeOf } from './store.ts'

const STATES: readonly (DeliveryState | OutboxState)[] = ['ready', 'done', 'dead', 'ambiguous']

const FILTERS: Readonly<Record<string, CliOption>> = {
  state: { type: 'string', description: `One of ${STATES.join(', ')}` },
  box: { type: 'string', description: 'in (what came in) or out (what goes out)' },
  of: { type: 'string', description: 'What brought it (backend:web, sink:generic), or the instance it goes to' },
}

export const listDeliveries: Command = {
  name: 'deliveries list',
  description: 'Lists what came in and what goes out, newest first',
  usage: 'deliveries list',
  options: { ...FILTERS, limit: { type: 'string', description: 'How many of each at most (default 20)' } },
  async run(context) {
    positional(context, 'deliveries list', 0)
    const query = { ...readQuery(context), limit: count(context, 'limit') ?? 20 }
    const found = (await withDeliveries(context, 'deliveries.list', query)) as readonly Delivery[]
    if (context.json) context.print(JSON.stringify(found))
    else if (found.length === 0) context.print('There is none.')
    else for (const line of table([['BOX', 'STATE', 'TRIES', 'AT', 'ID', 'FROM/TO', 'ERROR'], ...found.map(row)], '')) context.print(line)
    return EXIT.ok
  },
}

export const showDelivery: Command = {
  name: 'deliveries show',
  description: 'Shows one delivery with its payload and why it failed',
  usage: 'deliveries show ID',
  async run(context) {
    const [id = ''] = positional(context, 'deliveries show ID', 1)
    const delivery = await withDeliveries(context, 'deliveries.show', id)
    context.print(JSON.stringify(delivery, undefined, context.json ? undefined : 2))
    return EXIT.ok
  },
}

export const replayDelivery: Command = {
  name: 'deliveries replay',
  description: 'Handles or sends a dead or ambiguous delivery again; without a running bot, at the next start',
  usage: 'deliveries replay ID',
  async run(context) {
    const [id = ''] = positional(context, 'deliveries replay ID', 1)
    const replayed = (await withDeliveries(context, 'deliveries.replay', id)) as boolean
    if (context.json) context.print(JSON.stringify({ id, replayed }))
    else context.print(replayed ? `${id} is on its way again.` : `${id} is neither dead nor ambiguous; it was left as it is.`)
    return replayed ? EXIT.ok : EXIT.failed
  },
}

export const purgeDeliveries: Command = {
  name: 'deliveries purge',
  description: 'Removes finished deliveries for good, and with them the memory that they were handled',
  usage: 'deliveries purge --state STATE',
  options: {
    ...FILTERS,
    state: { type: 'string', description: 'Which: done, dead or ambiguous' },
    'older-than': { type: 'string', description: 'Only what was finished this long ago: 30m, 12h, 7d' },
  },
  async run(context) {
    positional(context, 'deliveries purge --state STATE', 0)
    const query = readQuery(context)
    if (query.state === undefined || query.state === 'ready') {
      throw new BotError(
        'BOT_USAGE',
        'Say which to remove: --state done, --state dead or --state ambiguous. What is waiting is never removed.',
      )
    }
    const age = text(context, 'older-than')
    const removed = await withDeliveries(
      context,
      'deliveries.purge',
      age === undefined ? query : { ...query, finishedBefore: context.clock.now() - readAge(age) },
    )
    context.print(context.json ? JSON.stringify({ removed }) : `Removed ${String(removed)}.`)
    return EXIT.ok
  },
}

/** What a running bot answers about its deliveries. Parameters come from the command line of the same package. */
export function deliveryMethods(deliveries: Deliveries): Readonly<Record<string, ControlMethod>> {
  return {
    'deliveries.list': async (params) => (await deliveries.list(params as DeliveryQuery)).map(asData),
    'deliveries.show': async (params) => asData(await deliveries.show(String(params))),
    'deliveries.replay': (params) => deliveries.replay(String(params)),
    'deliveries.purge': (params) => purgeAll(deliveries, params as DeliveryQuery),
  }
}

/** Asks the bot that runs here; where none does, opens the store for this one question. */
async function withDeliveries(context: Context, method: string, params: unknown): Promise<unknown> {
  const { dataDir } = await context.app.config()
  const client = await connectControl(dataDir)
  if (client !== undefined) {
    try {
      return await client.call(method, params)
    } finally {
      client.close()
    }
  }
  return inStore(context.app, async (deliveries) => deliveryMethods(deliveries)[method]?.(params))
}

async function inStore<T>(app: App, work: (deliveries: Deliveries) => Promise<T>): Promise<T> {
  const store = await storeOf(app)
  if (store === undefined)
    throw new BotError('DELIVERY_NOT_FOUND', 'There are no deliveries: this bot has not run yet. Start it with `bot start`.')
  await store.open()
  try {
    return await work(new Deliveries(store))
  } finally {
    await store.close()
  }
}

/** One call removes a page; this removes all that match. */
async function purgeAll(deliveries: Deliveries, query: DeliveryQuery): Promise<number> {
  let removed = 0
  for (;;) {
    const page = await deliveries.purge({ ...query, limit: 1000 })
    if (page === 0) return removed
    removed += page
  }
}

function readQuery(context: Context): DeliveryQuery {
  const state = oneOf(context, 'state', STATES)
  const box = oneOf(context, 'box', ['in', 'out'] as const)
  const of = text(context, 'of')
  return { ...(state === undefined ? {} : { state }), ...(box === undefined ? {} : { box }), ...(of === undefined ? {} : { of }) }
}

function oneOf<T extends string>(context: Context, name: string, allowed: readonly T[]): T | undefined {
  const value = text(context, name)
  if (value === undefined) return undefined
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new BotError('BOT_USAGE', `--${name} takes one of ${allowed.join(', ')}; found "${value}".`)
  return found
}

function readAge(age: string): number {
  const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(age) ?? []
  if (amount === undefined) throw new BotError('BOT_USAGE', `--older-than takes a time such as 30m, 12h or 7d; found "${age}".`)
  return Number(amount) * (units[unit] ?? 0)
}

/** A delivery as JSON can hold it: bytes as base64. */
function asData(delivery: Delivery): object {
  if (delivery.box === 'out' || delivery.raw === undefined) return delivery
  return { ...delivery, raw: Buffer.from(delivery.raw).toString('base64') }
}

function row(delivery: Delivery): string[] {
  const { state, attempts, error = '' } = delivery
  const [at, id, of] =
    delivery.box === 'in' ? [delivery.receivedAt, delivery.id, delivery.source] : [delivery.createdAt, delivery.key, delivery.instance]
  return [delivery.box, state, String(attempts), new Date(at).toISOString(), id, of, error.split('\n', 1)[0] ?? '']
}
