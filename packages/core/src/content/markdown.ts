import { Lexer, type Token, type Tokens } from 'marked'
import type { Block } from '../contract/content.ts'
import { cleanText } from './clean.ts'
import { type Filling, NO_FILLING } from './filling.ts'
import { decodeReferences, toInlines } from './inline.ts'
import { singleLine, textInlines } from './inlines.ts'

/*
 * The parser's time grows with the square of some inputs and its stack with their depth. What lies beyond these bounds is not prose that a
 * person wrote for a chat: it is shown as it is, as plain text.
 */
const MAX_LENGTH = 131_072
const MAX_CONTAINER_PREFIX = 96
const MAX_DELIMITER_WORK = 20_000_000
const MAX_DEPTH = 16

const CONTAINER_PREFIX = /^(?:[ \t]*(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/gm
const LANGUAGE = /^[\w+#.-]{1,40}$/

/**
 * Parses markdown (CommonMark with GitHub's tables, strike-through and autolinks) into the tree that everything is sent as. A newline is a
 * break. Raw HTML is text, an image is a link under its description, and only http, https and mailto addresses become links. Never throws.
 */
export function parseMarkdown(markdown: string): readonly Block[] {
  return parseFilled(markdown, NO_FILLING)
}

/** The same with the places of a template filled. */
export function parseFilled(markdown: string, filling: Filling): readonly Block[] {
  const source = cleanText(markdown)
  const tokens = isReasonable(source) ? lex(source) : undefined
  return tokens === undefined ? paragraph(filling.inlines(textInlines(source.trim()))) : toBlocks(tokens, filling, 0)
}

function lex(source: string): readonly Token[] | undefined {
  try {
    return new Lexer({ gfm: true }).lex(source)
  } catch {
    // The parser gives up only on what is nested too deeply for the stack it was called on.
    return undefined
  }
}

function isReasonable(source: string): boolean {
  if (source.length > MAX_LENGTH) return false
  for (const [prefix] of source.matchAll(CONTAINER_PREFIX)) if (prefix.length > MAX_CONTAINER_PREFIX) return false
  let work = 0
  // A blank line and a bullet end the run of text in which delimiters look for each other.
  for (const chunk of source.split(/\n(?=[ \t]*\n| {0,3}[-+*] +\S)/)) {
    const delimiters = chunk.match(/[*_~[\]<`]+/g)?.length ?? 0
    work += delimiters * chunk.length
  }
  return work <= MAX_DELIMITER_WORK
}

function toBlocks(tokens: readonly Token[], filling: Filling, depth: number): readonly Block[] {
  return tokens.flatMap((token) => toBlock(token as Tokens.Generic, filling, depth))
}

function toBlock(token: Tokens.Generic, filling: Filling, depth: number): readonly Block[] {
  switch (token.type) {
    case 'space':
    case 'def':
      return []
    case 'heading': {
      const children = singleLine(toInlines(token.tokens, filling))
      return children.length === 0 ? [] : [{ type: 'heading', level: token['depth'] as 1, children }]
    }
    case 'code':
      return [codeBlock(token as Tokens.Code, filling)]
    case 'hr':
      return [{ type: 'rule' }]
    case 'blockquote': {
      if (depth >= MAX_DEPTH) return paragraph(filling.inlines(textInlines(token.raw.trim())))
      const children = toBlocks(token.tokens ?? [], filling, depth + 1)
      return children.length === 0 ? [] : [{ type: 'quote', children }]
    }
    case 'list': {
      if (depth >= MAX_DEPTH) return paragraph(filling.inlines(textInlines(token.raw.trim())))
      const { ordered, start, items } = token as Tokens.List
      const blocks = items.map((item) => itemBlocks(item, filling, depth + 1))
      return [{ type: 'list', ordered, start: ordered && start !== '' ? start : 1, items: blocks }]
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table
      const cell = (source: Tokens.TableCell) => singleLine(toInlines(source.tokens, filling))
      return [{ type: 'table', header: header.map(cell), rows: rows.map((row) => row.map(cell)) }]
    }
    case 'html':
      return paragraph(filling.inlines(textInlines(token.raw.trim())))
    default:
      return filling.blocks(token.raw.trim()) ?? paragraph(toInlines(token.tokens ?? [token], filling))
  }
}

function itemBlocks(item: Tokens.ListItem, filling: Filling, depth: number): readonly Block[] {
  // A task's box stands in front of the item in a tight list and inside its first paragraph in a loose one; as text it is the same in both.
  const tokens = [...item.tokens]
  const box = tokens[0]
  const next = tokens[1]
  if (box?.type === 'checkbox') {
    if (next?.type === 'text' || next?.type === 'paragraph') {
      tokens.splice(0, 2, { ...next, tokens: [box, ...((next as Tokens.Generic).tokens ?? [next])] } as Token)
    } else {
      tokens.splice(0, 1, { type: 'text', raw: box.raw, text: box.raw } as Token)
    }
  }
  return toBlocks(tokens, filling, depth)
}

function codeBlock(token: Tokens.Code, filling: Filling): Block {
  const language =
    filling
      .text(decodeReferences(token.lang ?? ''))
      .trim()
      .split(/\s/)[0] ?? ''
  const text = filling.text(token.text)
  return LANGUAGE.test(language) ? { type: 'code', language, text } : { type: 'code', text }
}

function paragraph(children: ReturnType<typeof textInlines>): readonly Block[] {
  return children.length === 0 ? [] : [{ type: 'paragraph', children }]
}
