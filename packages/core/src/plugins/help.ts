import { md } from '../content/md.ts'
import type { Block, Inline, MarkdownText } from '../contract/content.ts'
import type { Plugin } from '../contract/plugin.ts'
import { definePlugin } from './define.ts'
import type { Registry } from './registry.ts'

/** The built-in `help`: lists what the bot can do, and explains one command. */
export function helpPlugin(registry: Registry, prefix: string): Plugin {
  return definePlugin({
    name: 'help',
    description: 'Lists what the bot can do.',
    commands: {
      help: {
        description: 'Lists the commands, or explains one.',
        usage: '[command]',
        run: ({ text }) => (text === '' ? overview(registry, prefix) : explain(registry, prefix, text)),
      },
    },
  })
}

function overview(registry: Registry, prefix: string): MarkdownText {
  const items = registry.descriptors().map(({ name, description }): readonly Block[] => {
    const children: readonly Inline[] = [
      { type: 'code', text: `${prefix}${name}` },
      { type: 'text', text: ` — ${description}` },
    ]
    return [{ type: 'paragraph', children }]
  })
  const list: MarkdownText = { type: 'markdown', blocks: [{ type: 'list', ordered: false, start: 1, items }] }
  return md`
    **What I can do**

    ${list}

    ${code(`${prefix}help <command>`)} explains one.
  `
}

function explain(registry: Registry, prefix: string, name: string): MarkdownText {
  const asked = name.startsWith(prefix) ? name.slice(prefix.length) : name
  const command = registry.commands.get(asked)
  if (command === undefined) return md`There is no command ${code(asked)}. ${code(`${prefix}help`)} lists what there is.`
  const { description, usage } = command.definition
  const line = usage === undefined ? `${prefix}${command.name}` : `${prefix}${command.name} ${usage}`
  return md`
    ${code(line)}

    ${description}
  `
}

function code(text: string): MarkdownText {
  return { type: 'markdown', blocks: [{ type: 'paragraph', children: [{ type: 'code', text }] }] }
}
