import type { CliCommand } from '../contract/module.ts'
import { loadExtension } from '../discovery/load.ts'
import type { App } from './app.ts'

export interface ExtensionCommands {
  readonly commands: readonly CliCommand[]
  /** A line for each extension whose commands could not be looked at. */
  readonly unloadable: readonly string[]
}

/** The commands that installed extensions add. The one place that imports what no configuration names: a command may be needed before there is one. */
export async function extensionCommands(app: App): Promise<ExtensionCommands> {
  const commands = new Map<string, CliCommand>()
  const unloadable: string[] = []
  const { extensions } = await app.installed()
  for (const extension of extensions) {
    // Files of the application's own are plugins and the like; commands come with packages.
    if (extension.contract === undefined || extension.kind === 'plugin') continue
    try {
      const module = await loadExtension(extension)
      if (module.kind === 'plugin') continue
      for (const command of module.cli ?? []) commands.set(command.name, command)
    } catch (error) {
      unloadable.push((error as Error).message)
    }
  }
  return { commands: [...commands.values()], unloadable }
}

/** Where a well-known command comes from, for those who have not installed it. */
export function packageFor(command: string): string | undefined {
  return command === 'generate-certificate' ? '@bot/sink-kit' : undefined
}
