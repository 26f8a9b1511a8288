import type { Block, MarkdownText } from '../contract/content.ts'
import { md } from '../content/md.ts'
import type { Field } from './grammar.ts'
import { formatDuration } from './instant.ts'
import { code } from './problem.ts'
import type { Command } from './table.ts'
import { quote } from './tokens.ts'

/** How a command is called, in one line: `!deploy <service> [version] --env <prod|test> [--force]`. */
export function usageLine({ name, definition, grammar }: Command, prefix: string): string {
  const fields = grammar.isText
    ? [definition.usage ?? '']
    : [...grammar.arguments.map(argumentUsage), ...optionsByNeed(grammar.options).map(optionUsage)]
  return [`${prefix}${name}`, ...fields].join(' ').trimEnd()
}

/** Everything about a command, for the one who asks. */
export function commandHelp(command: Command, prefix: string): MarkdownText {
  const { definition, grammar } = command
  const aliases = (definition.aliases ?? []).map((alias) => code(`${prefix}${alias}`))
  const examples = (definition.examples ?? []).map((example) => [code(`${prefix}${example}`)])
  const parts: readonly MarkdownText[] = [
    code(usageLine(command, prefix)),
    md`${definition.description}`,
    ...section(
      'Arguments',
      grammar.arguments.map((field) => [code(field.name), explanation(field)]),
    ),
    ...section(
      'Options',
      grammar.options.map((field) => [code(optionNames(field)), explanation(field)]),
    ),
    ...section('Examples', examples),
    ...(aliases.length === 0 ? [] : [md`Also: ${aliases}`]),
  ]
  return { type: 'markdown', blocks: parts.flatMap(({ blocks }) => blocks) }
}

/** What a field is for, what may stand there, and what counts where it is left out. */
export function explanation(field: Field): MarkdownText {
  const { description } = field.schema
  const standard = defaultText(field)
  const sentences = [
    sentence(description ?? ''),
    field.flag ? '' : sentence(`${field.many ? 'Several times ' : ''}${allowedText(field)}`),
    field.required ? 'Required.' : standard === undefined ? '' : `Default: ${standard}.`,
  ]
  return md`${sentences.filter((one) => one !== '').join(' ')}`
}

/** Begins with a capital and ends with a full stop. */
export function sentence(words: string): string {
  return words === '' ? '' : words.replace(/^./u, (first) => first.toUpperCase()).replace(/[^.!?…]$/u, '$&.')
}

/** Values keep their spelling, so they do not begin a sentence. */
function allowedText({ reader, schema }: Field): string {
  return reader.choices === undefined || schema.allowed !== undefined ? reader.allowed : `one of ${reader.choices.map(String).join(', ')}`
}

/** The default as one would type it. */
export function defaultText({ schema, reader, flag }: Field): string | undefined {
  const { default: value } = schema
  if (value === undefined || (flag && value === false)) return undefined
  if (typeof value === 'string') return quote(value)
  return reader.type === 'duration' && typeof value === 'number' ? formatDuration(value) : JSON.stringify(value)
}

function section(title: string, rows: readonly (readonly MarkdownText[])[]): readonly MarkdownText[] {
  if (rows.length === 0) return []
  const items = rows.map(([first, second]): readonly Block[] =>
    second === undefined || second.blocks.length === 0 ? (first?.blocks ?? []) : md`${first} — ${second}`.blocks,
  )
  return [md`**${title}**`, { type: 'markdown', blocks: [{ type: 'list', ordered: false, start: 1, items }] }]
}

function argumentUsage(field: Field): string {
  const name = field.many ? `${field.name}…` : field.name
  return field.required ? `<${name}>` : `[${name}]`
}

function optionUsage(field: Field): string {
  const value = field.reader.choices === undefined ? field.reader.type : field.reader.choices.map(String).join('|')
  const written = field.flag ? `--${field.schema.default === true ? 'no-' : ''}${field.name}` : `--${field.name} <${value}>`
  const repeated = field.many ? `${written}…` : written
  return field.required ? repeated : `[${repeated}]`
}

function optionNames(field: Field): string {
  return field.short === undefined ? `--${field.name}` : `--${field.name}, -${field.short}`
}

function optionsByNeed(options: readonly Field[]): readonly Field[] {
  return options.toSorted((a, b) => Number(b.required) - Number(a.required))
}
