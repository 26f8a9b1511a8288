import type { Action, Card, CardField, Content, ContentInput, FileInput, MarkdownText, Sendable } from '../contract/content.ts'
import { BotError } from '../contract/errors.ts'
import { safeAddress } from './link.ts'
import { parseMarkdown } from './markdown.ts'
import { text } from './md.ts'

/** The content of a markdown text. */
export function markdownContent(markdown: string): Content {
  return { blocks: parseMarkdown(markdown) }
}

/** The content of a text that is shown exactly as it is. */
export function textContent(plain: string): Content {
  return { blocks: text(plain).blocks }
}

const VALUE_LENGTH = 1000
const COLOR = /^(?:[a-z]{1,20}|#[\dA-Fa-f]{6})$/
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:;.*)?$/

/**
 * Checks what a plugin or a sink wants to say and turns it into content and the files that go with it. Throws `BOT_CONTENT`, naming what
 * was found, for anything that is not a message. `content.files` is unset: the files have no place in the store yet.
 */
export function readSendable(value: Sendable): { readonly content: Content; readonly files: readonly FileInput[] } {
  const input =
    typeof value === 'string' || isMarkdownText(value)
      ? { text: value }
      : readObject(value, 'A message', ['text', 'card', 'files', 'actions'])
  const { text: body, card, files, actions } = input as ContentInput
  const read: readonly FileInput[] =
    files === undefined ? [] : readList(files, 'files').map((file, index) => readFile(file, `files[${index}]`))
  const readCardValue = card === undefined ? undefined : readCard(card)
  const readActions =
    actions === undefined ? [] : readList(actions, 'actions').map((action, index) => readAction(action, `actions[${index}]`))
  const content: Content = {
    blocks: body === undefined ? [] : readText(body, 'text'),
    ...(readCardValue === undefined ? {} : { card: readCardValue }),
    ...(readActions.length === 0 ? {} : { actions: readActions }),
  }
  const empty = content.blocks.length === 0 && content.card === undefined && content.actions === undefined && read.length === 0
  if (empty) throw wrong('A message is empty: it has no text, card, file or action.')
  return { content, files: read }
}

function readText(value: unknown, where: string): Content['blocks'] {
  if (typeof value === 'string') return parseMarkdown(value)
  if (isMarkdownText(value)) return value.blocks
  throw wrong(`${where} is ${shown(value)}; a string of markdown or an md text is needed.`)
}

function readCard(value: unknown): Card {
  const keys = ['summary', 'title', 'link', 'body', 'image', 'thumbnail', 'color', 'fields']
  const { body, fields, ...rest } = readObject(value, 'card', keys)
  for (const [key, given] of Object.entries(rest)) {
    if (given !== undefined && typeof given !== 'string') throw wrong(`card.${key} is ${shown(given)}; a string is needed.`)
  }
  for (const key of ['link', 'image', 'thumbnail']) if (rest[key] !== undefined) checkWebAddress(rest[key], `card.${key}`)
  if (rest['color'] !== undefined && !COLOR.test(rest['color'] as string)) {
    throw wrong(`card.color is ${shown(rest['color'])}; a name such as "green" or a colour such as "#2eb67d" is needed.`)
  }
  const card: Card = {
    ...Object.fromEntries(Object.entries(rest).filter(([, given]) => given !== undefined)),
    ...(body === undefined ? {} : { body: readText(body, 'card.body') }),
    ...(fields === undefined
      ? {}
      : { fields: readList(fields, 'card.fields').map((field, index) => readField(field, `card.fields[${index}]`)) }),
  }
  const { color: _color, ...visible } = card
  if (Object.values(visible).every((part) => part.length === 0))
    throw wrong('card is empty: give it a title, a summary, a body, fields or an image.')
  return card
}

function readField(value: unknown, where: string): CardField {
  const { name, value: content, short } = readObject(value, where, ['name', 'value', 'short'])
  const field = { name: readString(name, `${where}.name`), value: readString(content, `${where}.value`, true) }
  if (short === undefined) return field
  if (typeof short !== 'boolean') throw wrong(`${where}.short is ${shown(short)}; true or false is needed.`)
  return { ...field, short }
}

function readAction(value: unknown, where: string): Action {
  const keys = { button: ['action', 'value', 'style'], link: ['url'], select: ['action', 'options'] }
  const { type } = readObject(value, where)
  if (typeof type !== 'string' || !Object.hasOwn(keys, type))
    throw wrong(`${where}.type is ${shown(type)}; "button", "link" or "select" is needed.`)
  const given = readObject(value, where, ['type', 'label', ...keys[type as keyof typeof keys]])
  readString(given['label'], `${where}.label`)
  if (type === 'link') {
    checkWebAddress(given['url'], `${where}.url`)
    return given as unknown as Action
  }
  readString(given['action'], `${where}.action`)
  if (type === 'select') {
    const options = readList(given['options'], `${where}.options`)
    if (options.length === 0) throw wrong(`${where}.options is empty; a choice needs at least one option.`)
    for (const [index, option] of options.entries()) {
      const at = `${where}.options[${index}]`
      const { label, value: chosen } = readObject(option, at, ['label', 'value'])
      readString(label, `${at}.label`)
      checkValue(chosen, `${at}.value`)
    }
  } else {
    if (given['value'] !== undefined) checkValue(given['value'], `${where}.value`)
    const { style } = given
    if (style !== undefined && style !== 'primary' && style !== 'danger')
      throw wrong(`${where}.style is ${shown(style)}; "primary" or "danger" is needed.`)
  }
  return given as unknown as Action
}

function checkValue(value: unknown, where: string): void {
  const { length } = readString(value, where, true)
  if (length > VALUE_LENGTH)
    throw wrong(`${where} has ${length} characters; at most ${VALUE_LENGTH} are allowed. Keep the rest in the plugin's data.`)
}

function readFile(value: unknown, where: string): FileInput {
  const file = readObject(value, where, ['name', 'type', 'data', 'alt'])
  readString(file['name'], `${where}.name`)
  if (!(file['data'] instanceof Uint8Array)) throw wrong(`${where}.data is ${shown(file['data'])}; bytes (a Uint8Array) are needed.`)
  if (file['type'] !== undefined && !MEDIA_TYPE.test(readString(file['type'], `${where}.type`))) {
    throw wrong(`${where}.type is ${shown(file['type'])}; a media type such as "image/png" is needed.`)
  }
  if (file['alt'] !== undefined) readString(file['alt'], `${where}.alt`, true)
  return file as unknown as FileInput
}

function readObject(value: unknown, where: string, keys?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Error || value instanceof Date) {
    throw wrong(`${where} is ${shown(value)}; an object is needed.`)
  }
  const unknown = keys === undefined ? undefined : Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw wrong(`${where} has the unknown key ${shown(unknown)}; known are ${keys?.join(', ')}.`)
  return value as Record<string, unknown>
}

function readList(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(`${where} is ${shown(value)}; an array is needed.`)
  return value
}

function readString(value: unknown, where: string, mayBeEmpty = false): string {
  if (typeof value !== 'string') throw wrong(`${where} is ${shown(value)}; a string is needed.`)
  if (!mayBeEmpty && value.trim() === '') throw wrong(`${where} is empty.`)
  return value
}

function checkWebAddress(value: unknown, where: string): void {
  const address = readString(value, where)
  if (!/^https?:/i.test(address) || safeAddress(address) === undefined)
    throw wrong(`${where} is ${shown(address)}; an http or https address is needed.`)
}

function isMarkdownText(value: unknown): value is MarkdownText {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'markdown' &&
    'blocks' in value &&
    Array.isArray(value.blocks)
  )
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return 'an array'
  return value instanceof Error ? 'an error' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function wrong(message: string): BotError {
  return new BotError('BOT_CONTENT', message)
}
