import { editDistance } from '../config/complaint.ts'
import type { Command } from './table.ts'
import { namesOf } from './table.ts'
import { normalName } from './normal.ts'

const MOST_SUGGESTIONS = 3
const LONGEST_TRIED = 64

/**
 * The names that were probably meant, the likeliest first, at most three. Only names handed in are suggested: hand in what the asker may see and do.
 */
export function suggest(typed: string, names: Iterable<string>): readonly string[] {
  const words = normalName(typed.slice(0, LONGEST_TRIED * 4)).split(' ')
  // What was typed may go on with arguments: a name of two words is compared with the first two.
  const attempts = words.map((_, index) => words.slice(0, index + 1).join(' '))
  const near: { readonly name: string; readonly distance: number }[] = []
  for (const name of names) {
    const normal = normalName(name)
    const attempt = attempts[normal.split(' ').length - 1]
    if (attempt === undefined || attempt.length > LONGEST_TRIED) continue
    const bound = Math.max(1, Math.floor(Math.max(attempt.length, normal.length) / 3))
    if (Math.abs(attempt.length - normal.length) > bound) continue
    const distance = editDistance(attempt, normal)
    if (distance <= bound) near.push({ name, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_SUGGESTIONS)
    .map(({ name }) => name)
}

/** The commands in which all words occur, those where they occur in the name first. Hand in what the asker may see and do. */
export function apropos(query: string, commands: Iterable<Command>): readonly Command[] {
  const words = normalName(query)
    .split(' ')
    .filter((word) => word !== '')
  if (words.length === 0) return []
  const found = [...commands].flatMap((command) => {
    const names = namesOf(command).map(normalName).join('\n')
    const all = `${names}\n${normalName(command.definition.description)}`
    if (!words.every((word) => all.includes(word))) return []
    return [{ command, rank: words.every((word) => names.includes(word)) ? 0 : 1 }]
  })
  return found.sort((a, b) => a.rank - b.rank || (a.command.name < b.command.name ? -1 : 1)).map(({ command }) => command)
}
