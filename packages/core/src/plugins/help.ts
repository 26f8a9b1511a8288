import { apropos } from '../commands/suggest.ts'
import { namesOf, type Command } from '../commands/table.ts'
import { commandHelp } from '../commands/usage.ts'
import { md } from '../content/md.ts'
import type { Block, Inline, MarkdownText } from '../contract/content.ts'
import type { Message } from '../contract/events.ts'
import type { Plugin } from '../contract/plugin.ts'
import { definePlugin } from './define.ts'

export interface HelpSources {
  readonly prefix: string
  /** The commands that the speaker may call. */
  permitted(message: Message): Promise<readonly Command[]>
}

/** The built-in `help` and `apropos`: they tell everybody what they may call, and of nothing else. */
export function helpPlugin({ prefix, permitted }: HelpSources): Plugin {
  return definePlugin({
    name: 'help',
    description: 'Lists what the bot can do.',
    commands: {
      help: {
        description: 'Lists the commands, or explains one.',
        usage: '[command]',
        run: async ({ text, event }) => {
          const commands = await permitted(event)
          return text === '' ? overview(commands, prefix) : explained(commands, prefix, text)
        },
      },
      apropos: {
        description: 'Finds commands by a word in their name or description.',
        usage: '<word>',
        run: async ({ text, event }) => {
          const found = text === '' ? [] : apropos(text, await permitted(event))
          return found.length === 0 ? md`I know no command about "${text}".` : listOf(found, prefix)
        },
      },
    },
  })
}

function overview(commands: readonly Command[], prefix: string): MarkdownText {
  return md`
    **What I can do**

    ${listOf(commands, prefix)}

    ${code(`${prefix}help <command>`)} explains one.
  `
}

function explained(commands: readonly Command[], prefix: string, text: string): MarkdownText {
  const asked = (text.startsWith(prefix) ? text.slice(prefix.length) : text).trim().toLowerCase().replace(/\s+/g, ' ')
  const command = commands.find((one) => namesOf(one).some((name) => name.toLowerCase() === asked))
  if (command === undefined) return md`There is no command ${code(asked)}. ${code(`${prefix}help`)} lists what there is.`
  return commandHelp(command, prefix)
}

function listOf(commands: readonly Command[], prefix: string): MarkdownText {
  const items = commands.map(({ name, definition }): readonly Block[] => {
    const children: readonly Inline[] = [
      { type: 'code', text: `${prefix}${name}` },
      { type: 'text', text: ` — ${definition.description}` },
    ]
    return [{ type: 'paragraph', children }]
  })
  return { type: 'markdown', blocks: [{ type: 'list', ordered: false, start: 1, items }] }
}

function code(text: string): MarkdownText {
  return { type: 'markdown', blocks: [{ type: 'paragraph', children: [{ type: 'code', text }] }] }
}
