import { Type, type TSchema } from '@bot/core'

import { command } from '../../src/commands/declare.ts'
import { parseText, type ParseContext, type Parsed } from '../../src/commands/parse.ts'
import { CommandTable, type Command } from '../../src/commands/table.ts'
import { usageLine } from '../../src/commands/usage.ts'
import { duration } from '../../src/commands/values.ts'
import { plainBlocks } from '../../src/content/plain.ts'
import { BotError } from '../../src/contract/errors.ts'
import { makePerson, makeRoom } from '../../src/contract/identifier.ts'
import type { CommandDefinition } from '../../src/contract/plugin.ts'

/** 2026-11-23 10:00 UTC, a Monday. */
export const NOW = Date.UTC(2026, 10, 23, 10)

export const deploy = command({
  description: 'Deploys a service.',
  aliases: ['ship'],
  examples: ['deploy web --version 1.2'],
  args: { service: Type.String({ description: 'What to deploy' }), version: Type.Optional(Type.String()) },
  options: {
    force: Type.Boolean({ default: false, short: 'f' }),
    dryRun: Type.Boolean({ short: 'n' }),
    wait: duration({ default: '5m', short: 'w' }),
    env: Type.Union([Type.Literal('prod'), Type.Literal('test')], { default: 'test' }),
    tag: Type.Array(Type.String(), { short: 't' }),
  },
  run: ({ args }) => args.service,
})

export function entryOf(definition: CommandDefinition, name = 'deploy'): Command {
  return new CommandTable().add({ name, plugin: 'test', definition })
}

export function contextFor(entry: Command, more: Partial<ParseContext> = {}): ParseContext {
  return {
    now: NOW,
    line: { lead: `!${entry.name} `, usage: usageLine(entry, '!') },
    async resolve(kind, text) {
      if (text === '@twins') throw new BotError('BOT_ADDRESS_AMBIGUOUS', 'Two of them.')
      if (kind === 'person' && text.startsWith('@')) return makePerson('net', text.slice(1))
      if (text.startsWith('#')) return makeRoom('net', text.slice(1))
      throw new BotError('BOT_ADDRESS_UNKNOWN', 'Nobody.')
    },
    ...more,
  }
}

export function parse(definition: CommandDefinition, text: string, more: Partial<ParseContext> = {}): Promise<Parsed> {
  const entry = entryOf(definition)
  return parseText(entry.grammar, text, contextFor(entry, more))
}

/** The arguments; fails the test where there are none. */
export async function argsOf(
  definition: CommandDefinition,
  text: string,
  more: Partial<ParseContext> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const parsed = await parse(definition, text, more)
  if (parsed.ok) return parsed.args
  throw new Error(parsed.help ? 'help' : plainBlocks(parsed.error.text.blocks))
}

/** The complaint as it is shown; fails the test where there is none. */
export async function complaintOf(definition: CommandDefinition, text: string, more: Partial<ParseContext> = {}): Promise<string> {
  const parsed = await parse(definition, text, more)
  if (parsed.ok || parsed.help) throw new Error(`understood: ${JSON.stringify(parsed)}`)
  return plainBlocks(parsed.error.text.blocks)
}

/** A command with one argument `value`. */
export function taking(schema: TSchema): CommandDefinition {
  return command({ description: 'Takes a value.', args: { value: schema }, run: () => undefined })
}
