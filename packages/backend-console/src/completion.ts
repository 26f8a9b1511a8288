import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { CommandDescriptor } from '@bot/core/backend'
import { directives } from './directives.ts'
import type { Session } from './session.ts'
import { inertLine } from './text.ts'

/** What Tab offers for what was typed so far: the texts, and the part of the typed text that they replace. */
export async function complete(typed: string, session: Session, commands: readonly CommandDescriptor[]): Promise<[string[], string]> {
  const directive = /^\/(\S+)\s+([\s\S]*)$/.exec(typed)
  const completes = directives.find(({ name }) => name === directive?.[1])?.completes
  if (completes === 'path') return pathsLike(directive?.[2] ?? '')
  const word = /\S*$/.exec(typed)?.[0] ?? ''
  const { people, botName, roomNames } = session.directory
  if (completes === 'person') return offer(people, word)
  if (completes === 'room' || (word.startsWith('#') && word.length > 0))
    return offer(
      roomNames.map((name) => `#${name}`),
      word,
    )
  if (/^\/\S*$/.test(typed))
    return offer(
      directives.map(({ name }) => `/${name} `),
      typed,
    )
  if (word.startsWith('@'))
    return offer(
      [...people, botName].map((name) => `@${name} `),
      word,
    )
  return commandsLike(typed, session, commands)
}

/** Commands after the bot's prefix, whatever that is; in private without one too. */
function commandsLike(typed: string, session: Session, commands: readonly CommandDescriptor[]): [string[], string] {
  const [, prefix = '', start = ''] = /^([^\p{L}\p{N}\s/#@]*)([\s\S]*)$/u.exec(typed) ?? []
  if (prefix === '' && session.place.kind === 'room') return [[], typed]
  return offer(
    commands.map(({ name }) => `${inertLine(name)} `),
    start,
  )
}

async function pathsLike(start: string): Promise<[string[], string]> {
  const folder = start.endsWith('/') ? start : `${dirname(start)}/`
  const end = start.endsWith('/') ? '' : basename(start)
  const real = folder.replace(/^~(?=\/)/, homedir())
  // A folder that is not there, or may not be read, offers nothing.
  const found = await readdir(real, { withFileTypes: true }).catch(() => [])
  const names = found.filter(({ name }) => inertLine(name) === name && (end !== '' || !name.startsWith('.')))
  const prefix = start === end ? '' : folder
  return offer(
    names.map((entry) => (prefix === '' ? entry.name : join(prefix, entry.name)) + (entry.isDirectory() ? '/' : '')),
    start,
  )
}

function offer(all: readonly string[], start: string): [string[], string] {
  return [all.filter((text) => text.startsWith(start)).sort(), start]
}
