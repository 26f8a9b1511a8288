import type { MarkdownText } from '../contract/content.ts'
import type { Message } from '../contract/events.ts'
import type { Command } from './table.ts'

/** A command about to run. */
export interface Call {
  readonly command: Command
  readonly text: string
  readonly message: Message
}

/** What a filter says: let it pass, run this instead, or stop it, with a reason for the one who asked. */
export type FilterVerdict =
  | { readonly do: 'pass' }
  | { readonly do: 'rewrite'; readonly command: Command; readonly text: string }
  | { readonly do: 'stop'; readonly reason?: string | MarkdownText }

export interface CommandFilter {
  readonly plugin: string
  /** `dryRun`: help asks whether the command would pass; nothing may change then. */
  filter(call: Call, options: { readonly dryRun: boolean }): FilterVerdict | Promise<FilterVerdict>
}

export type FilterResult =
  | { readonly run: true; readonly call: Call }
  | { readonly run: false; readonly by: string; readonly reason?: string | MarkdownText; readonly error?: unknown }

/** Asks the filters one after the other, in the order in which they were added. One that throws, or answers nothing sensible, stops the command. */
export async function applyFilters(
  filters: Iterable<CommandFilter>,
  call: Call,
  options: { readonly dryRun: boolean },
): Promise<FilterResult> {
  let current = call
  for (const one of filters) {
    try {
      const verdict = await one.filter(current, options)
      if (verdict.do === 'rewrite') current = { ...current, command: verdict.command, text: verdict.text }
      else if (verdict.do !== 'pass')
        return { run: false, by: one.plugin, ...(verdict.reason === undefined ? {} : { reason: verdict.reason }) }
    } catch (error) {
      return { run: false, by: one.plugin, error }
    }
  }
  return { run: true, call: current }
}
