import type { ReplyOptions } from '../contract/backend.ts'
import { normalName } from './normal.ts'

/** Which commands are answered elsewhere: by name, or all of them by `*`. */
export interface DiversionSettings {
  readonly divertToPrivate?: readonly string[]
  readonly divertToThread?: readonly string[]
}

/** How a command's answers are to be sent. */
export function diversionOf(command: string, { divertToPrivate = [], divertToThread = [] }: DiversionSettings): ReplyOptions {
  const name = normalName(command)
  const names = (list: readonly string[]): boolean => list.some((one) => one === '*' || normalName(one) === name)
  return { ...(names(divertToPrivate) ? { private: true } : {}), ...(names(divertToThread) ? { threaded: true } : {}) }
}
