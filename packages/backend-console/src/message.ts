import type { Content } from '@bot/core/backend'
import { contentLines, narrower, type View } from './render.ts'
import { prefixed, span, wrap, type Line, type Span, type Style } from './style.ts'
import { inertLine } from './text.ts'
import type { Entry, Place } from './transcript.ts'

const GUTTER = '    '

export interface MessageParts {
  /** What stands in the gutter: the number, or a sign. */
  readonly mark: string
  readonly lead: Line
  readonly content: Content
  /** The label of the message whose thread this belongs to, or that it answers. */
  readonly answers?: string | undefined
}

/** A message as it stands on the screen: its number in a gutter, who said it where, and what. */
export function messageLines({ mark, lead, content, answers }: MessageParts, view: View): Line[] {
  const thread = answers === undefined ? [] : [span(`↳ ${answers} `, 'dim')]
  const gutter = answers === undefined ? GUTTER : `${GUTTER}  `
  const lines = contentLines(content, narrower(view, gutter.length), [...thread, ...lead])
  return prefixed(lines, [span(gutter)], [span(`${mark.padStart(GUTTER.length - 1)}${gutter.slice(GUTTER.length - 1)}`, 'dim')])
}

/** `alice@#lobby:`, `alice→bot:`, with an addition such as `(only you)`. */
export function speakerSpans(entry: Pick<Entry, 'author' | 'place'>, botName: string, addition = ''): Span[] {
  const style = entry.author === botName ? 'cyan' : nameStyle(entry.author)
  const where = placeText(entry.place, entry.author, botName)
  return [span(inertLine(entry.author), 'bold', style), span(`${where}${addition}:`, 'dim')]
}

/** `@#lobby` or `→bot`, to stand after the speaker's name. */
export function placeText(place: Place, author: string, botName: string): string {
  if (place.kind === 'room') return `@#${inertLine(place.room)}`
  return `→${inertLine(author === botName ? place.person : botName)}`
}

/** Something that happened and is no message. */
export function noteLines(text: string, width: number): Line[] {
  const lines = text.split('\n').flatMap((line) => wrap([span(inertLine(line), 'dim')], width - GUTTER.length))
  return prefixed(lines, [span(GUTTER)], [span('  · ', 'dim')])
}

/** What somebody typed, as it was typed. */
export function typedContent(text: string): Content {
  return { blocks: text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', text }] }] }
}

const NAME_STYLES: readonly Style[] = ['green', 'yellow', 'blue', 'magenta', 'red']

/** The same colour for the same name, so that people are told apart at a glance. */
export function nameStyle(name: string): Style {
  const sum = [...name].reduce((total, character) => (total * 31 + (character.codePointAt(0) as number)) % 9973, 7)
  return NAME_STYLES[sum % NAME_STYLES.length] ?? 'green'
}
