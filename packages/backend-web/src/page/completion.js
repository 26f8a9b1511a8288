// @ts-check

/** @typedef {{ insert: string, note: string }} Option */

const MAX_OPTIONS = 8

/**
 * What could be meant at the caret: a command of the bot after `!` at the start, somebody after `@`.
 * @param {import('./state.js').State} state @param {string} text @param {number} caret
 * @returns {{ from: number, options: Option[] } | undefined}
 */
export function completions(state, text, caret) {
  const before = text.slice(0, caret)
  if (before.startsWith('!') && !before.includes('\n')) {
    const typed = before.slice(1).toLowerCase()
    const options = state.commands.filter((command) => command.name.toLowerCase().startsWith(typed)).slice(0, MAX_OPTIONS)
    return options.length === 0
      ? undefined
      : { from: 0, options: options.map(({ name, description }) => ({ insert: `!${name}`, note: description })) }
  }
  const match = /(^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before)
  if (match === null) return undefined
  const typed = (match[2] ?? '').toLowerCase()
  const people = [...state.people.values()].filter((person) => person.id !== state.me && person.id.startsWith(typed)).slice(0, MAX_OPTIONS)
  if (people.length === 0) return undefined
  return {
    from: caret - typed.length - 1,
    options: people.map((person) => ({ insert: `@${person.name}`, note: person.bot === true ? 'bot' : person.status })),
  }
}
