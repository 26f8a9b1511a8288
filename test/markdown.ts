import { files, read } from './repository.ts'

/** Every page written by hand: changelogs and pending changesets are made by their tool. */
export const pages = files().filter((file) => file.endsWith('.md') && !/CHANGELOG\.md$|^\.changeset\/|\/fixtures\//.test(file))

export interface Snippet {
  readonly page: string
  /** Line of the page on which its first line stands, from 1. */
  readonly line: number
  /** What stands behind the opening fence. */
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a page, in order. */
export function snippetsOf(page: string): readonly Snippet[] {
  const found: Snippet[] = []
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [index, line] of read(page).split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { language: (fence[1] ?? '').trim(), line: index + 2, lines: [] }
    else {
      found.push({ page, line: open.line, language: open.language, text: open.lines.join('\n') })
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${page}: the block that starts before line ${open.line} is not closed.`)
  return found
}

/** A page without its fenced blocks and inline code. */
export function proseOf(page: string): string {
  return read(page)
    .replace(/^\s*```[\s\S]*?^\s*```/gm, '')
    .replace(/`[^`\n]*`/g, '')
}

/** What a heading is reached by, as GitHub makes it. */
export function anchorsOf(page: string): readonly string[] {
  const text = read(page).replace(/^\s*```[\s\S]*?^\s*```/gm, '')
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )
}
