import type { CommandEntry } from './table.ts'

/** A command that was called, as it can be called again. Plain JSON. */
export interface HistoryEntry {
  /** The command's name as declared. */
  readonly command: string
  readonly text: string
}

/** What a person has called, the newest first: kept per bot under the person's canonical id. */
export type History = readonly HistoryEntry[]

const KEPT = 10

/** The history after a call: an equal earlier one moves to the front, ten are kept. Commands that want it so leave it as it is. */
export function remember(history: History, { name, definition }: Pick<CommandEntry, 'name' | 'definition'>, text: string): History {
  if (definition.historize === false) return history
  const others = history.filter((entry) => entry.command !== name || entry.text !== text)
  return [{ command: name, text }, ...others].slice(0, KEPT)
}

/** The call so many back, 1 being the last; undefined where there is none. */
export function recall(history: History, back: number): HistoryEntry | undefined {
  return history[back - 1]
}
