import { CONTRACT, type BackendModule } from '@bot/core/backend'
import { createConsole } from './backend.ts'
import { optionsSchema, type ConsoleOptions } from './options.ts'
import { contentLines } from './render.ts'
import { painted, processTerminal } from './terminal.ts'

export { createConsole } from './backend.ts'
export type { ConsoleOptions } from './options.ts'
export type { Terminal } from './terminal.ts'

const module: BackendModule<ConsoleOptions> = {
  kind: 'backend',
  name: 'console',
  contract: CONTRACT,
  terminal: true,
  options: optionsSchema,
  create: (options, host) => createConsole(options, host, processTerminal()),
  preview: (content) => ({ type: 'text/plain', body: painted(contentLines(content, { color: false, width: 80 }), false) }),
}

export default module
