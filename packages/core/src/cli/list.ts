import { codeOf } from '../contract/errors.ts'
import type { Abilities } from '../contract/backend.ts'
import { problemsError, type Use } from '../config/resolve.ts'
import type { Extension, Installed } from '../discovery/installed.ts'
import { abilitiesOfUse } from './abilities.ts'
import { positional, type Command, type Context } from './command.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { table } from './help.ts'

interface Listed {
  readonly kind: string
  readonly name: string
  readonly package: string
  readonly version?: string
  readonly contract?: number
  /** The names under which the configuration uses it. */
  readonly configured: readonly string[]
}

interface Listing {
  readonly extensions: readonly Listed[]
  readonly unusable: readonly { readonly name: string; readonly code: string; readonly message: string }[]
  readonly abilities: Readonly<Record<string, Abilities | { readonly error: string }>>
}

export const list: Command = {
  name: 'list',
  description: 'Lists the installed extensions, which of them are configured, and what the configured backends can do',
  usage: 'list',
  async run(context) {
    positional(context, 'list', 0)
    const installed = await context.app.installed()
    const { uses, failure } = await configuredUses(context)
    const listing: Listing = {
      extensions: installed.extensions.map((extension) => listed(extension, uses)),
      unusable: unusable(installed),
      abilities: await abilities(uses, context.app.appDir),
    }
    if (context.json) context.print(JSON.stringify(listing))
    else printListing(listing, context)
    if (failure === undefined) return EXIT.ok
    // What is installed is worth seeing even where the configuration is broken; the exit code tells.
    context.warn(`bot: ${(failure as Error).message} [${codeOf(failure) ?? 'unexpected'}]`)
    return exitCodeOf(failure)
  },
}

async function configuredUses({ app }: Context): Promise<{ uses: readonly Use[]; failure?: unknown }> {
  try {
    const { uses, problems } = await app.resolved()
    const failure = problemsError(problems)
    return failure === undefined ? { uses } : { uses, failure }
  } catch (failure) {
    return codeOf(failure) === 'BOT_CONFIG_NOT_FOUND' ? { uses: [] } : { uses: [], failure }
  }
}

function listed({ kind, name, package: from, version, contract, entry }: Extension, uses: readonly Use[]): Listed {
  return {
    kind,
    name,
    package: from,
    ...(version === undefined ? {} : { version }),
    ...(contract === undefined ? {} : { contract }),
    configured: uses.filter((use) => isSame(use, kind, name, entry, contract)).map((use) => use.name),
  }
}

/** One package may offer several; a file of the application offers what it exports, under whatever name. */
function isSame(use: Use, kind: string, name: string, entry: string, contract: number | undefined): boolean {
  return use.kind === kind && use.extension.entry === entry && (contract === undefined || use.extension.name === name)
}

function unusable({ broken, missing }: Installed): Listing['unusable'] {
  return [
    ...broken.map(({ name, error }) => ({ name, code: error.code, message: error.message })),
    ...missing.map((name) => ({
      name,
      code: 'BOT_EXTENSION_NOT_FOUND',
      message: 'It stands in package.json and is not on disk: run `npm install`.',
    })),
  ]
}

async function abilities(uses: readonly Use[], appDir: string): Promise<Listing['abilities']> {
  const backends = uses.filter((use) => use.kind === 'backend')
  const found = await Promise.all(
    backends.map(
      async (use) =>
        [use.name, await abilitiesOfUse(use, appDir).catch((error: unknown) => ({ error: (error as Error).message }))] as const,
    ),
  )
  return Object.fromEntries(found)
}

function printListing({ extensions, unusable: broken, abilities: can }: Listing, context: Context): void {
  if (extensions.length === 0) context.print('No extension is installed. A first one: `npm install @bot/backend-web`.')
  else {
    const rows = extensions.map((one) => [
      one.kind,
      one.name,
      one.version ?? '',
      one.contract === undefined ? '' : String(one.contract),
      one.configured.length === 0 ? 'no' : one.configured.join(', '),
      one.package,
    ])
    for (const line of table([['KIND', 'NAME', 'VERSION', 'CONTRACT', 'CONFIGURED', 'FROM'], ...rows], '')) context.print(line)
  }
  for (const [name, abilitiesOrError] of Object.entries(can)) {
    context.print('')
    context.print(`backend ${name}`)
    if ('error' in abilitiesOrError) {
      context.print(`  could not be looked at: ${abilitiesOrError.error}`)
      continue
    }
    const { features, methods, rooms } = abilitiesOrError
    const rows = Object.entries({ carries: features, can: methods, rooms }).map(([what, names]) => [
      what,
      names.length === 0 ? 'nothing' : names.join(', '),
    ])
    for (const line of table(rows)) context.print(line)
  }
  for (const { name, message } of broken) context.print(`\nunusable: ${name}: ${message}`)
}
