import path from 'node:path'
import { PassThrough } from 'node:stream'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { run } from '../packages/core/src/cli/run.ts'
import { ERROR_CODES } from '../packages/core/src/contract/errors.ts'
import { errorDocs } from '../scripts/error-docs.ts'
import { anchorsOf, pages, proseOf, snippetsOf, type Snippet } from './markdown.ts'
import { exists, manifestOf, packages, read, root } from './repository.ts'

const LANGUAGES = ['', 'ts', 'js', 'sh', 'json', 'text', 'yaml', 'http', 'html', 'python', 'diff', 'mermaid', 'ini', 'sql']

const snippets = pages.flatMap(snippetsOf)

describe('the pages', () => {
  it('are found', () => {
    for (const page of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/errors.md']) expect(pages).toContain(page)
    expect(snippets.length).toBeGreaterThan(5)
  })

  it('link to files and headings that exist', () => {
    const links = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => ({ page, target })),
    )
    expect(links.length).toBeGreaterThan(10)
    const broken = links.filter(({ page, target }) => {
      const [file = '', anchor] = target.split('#')
      const resolved = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
      if (!exists(resolved)) return true
      return anchor !== undefined && resolved.endsWith('.md') && !anchorsOf(resolved).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('mark every block with a language that is checked or shown as it is', () => {
    expect(
      snippets.filter(({ language }) => !LANGUAGES.includes(language)).map(({ page, line, language }) => ({ page, line, language })),
    ).toEqual([])
  })
})

describe('the table of error codes', () => {
  it('stands in docs/errors.md, code for code', () => {
    const documented = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)
    expect(documented.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted())
  })

  it('stands there sentence for sentence: pnpm docs:errors', () => {
    expect(read('docs/errors.md')).toBe(errorDocs())
  })

  it('has every code that a page names', () => {
    const named = pages.flatMap((page) => [
      ...read(page).matchAll(/\b(?:BOT|BACKEND|ROOM|SINK|LISTENER|STORE|DELIVERY)_[A-Z]+(?:_[A-Z]+)*\b/g),
    ])
    const codes = [...new Set(named.map(([code]) => code))]
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !Object.hasOwn(ERROR_CODES, code) && !isEnvironment(code))).toEqual([])
  })
})

describe('the snippets', () => {
  it('in TypeScript and JavaScript pass the typecheck', { timeout: 60_000 }, () => {
    const programs = snippets.filter(({ language }) => language === 'ts' || language === 'js')
    expect(programs.length).toBeGreaterThan(0)
    expect(typecheck(programs)).toEqual([])
  })

  it('in shell call scripts that exist', () => {
    const scripts = Object.keys(manifestOf('.').scripts ?? {})
    const builtin = ['install', 'add', 'exec', 'create', 'init']
    const called = calls(/^(?:npm|pnpm) (?:run )?([a-z:-]+)/)
    expect(called.length).toBeGreaterThan(3)
    expect(called.filter(({ what }) => !scripts.includes(what) && !builtin.includes(what))).toEqual([])
  })

  it('in shell, and in running text, call commands of `bot` that exist', async () => {
    const help = await botHelp()
    const commands = [...help.matchAll(/^ {2}([a-z]+(?:[ -][a-z]+)*) {2,}/gm)].map(([, name = '']) => name)
    expect(commands).toEqual(expect.arrayContaining(['start', 'deliveries list', 'generate-certificate']))
    const known = new Set(commands.flatMap((name) => [name, name.split(' ')[0] ?? '']))
    const inText = pages.flatMap((page) =>
      [...read(page).matchAll(/`(?:npx )?bot ([a-z][a-z-]*)/g)].map(([, what = '']) => ({ page, what })),
    )
    const called = [...calls(/^(?:npx )?bot ([a-z][a-z-]*)/), ...inText]
    expect(called.length).toBeGreaterThan(3)
    expect(called.filter(({ what }) => !known.has(what))).toEqual([])
  })
})

/** Lines of shell blocks that match, each with what the pattern's group found. */
function calls(pattern: RegExp): readonly { readonly page: string; readonly line: number; readonly what: string }[] {
  return snippets
    .filter(({ language }) => language === 'sh')
    .flatMap(({ page, line, text }) =>
      text.split('\n').flatMap((command, index) => {
        const call = pattern.exec(command.trim())
        return call === null ? [] : [{ page, line: line + index, what: call[1] ?? '' }]
      }),
    )
}

/** What `bot --help` prints in the example, where the extensions' commands are among it. */
async function botHelp(): Promise<string> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const code = await run(['--help'], { cwd: path.join(root, 'examples/starter'), env: {}, stdout, stderr, isTerminal: false })
  const printed = (stdout.read() as Buffer | null)?.toString() ?? ''
  expect(code, (stderr.read() as Buffer | null)?.toString()).toBe(0)
  return printed
}

/** Names such as BOT_DATA_DIR are environment variables where a page writes them with a `$` or an `=`. */
function isEnvironment(name: string): boolean {
  return pages.some((page) => new RegExp(`\\$\\{?${name}\\b|\\b${name}=|"${name}"|'${name}'`).test(read(page)))
}

/**
 * Typechecks snippets beside the page they stand in, as files that exist only in memory, against the sources of our packages. What they report
 * is given as `page:line: message`.
 */
function typecheck(programs: readonly Snippet[]): readonly string[] {
  const virtual = new Map(programs.map((snippet) => [path.join(root, `${snippet.page}.${snippet.line}.ts`), snippet]))
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.base.json'), (file) => ts.sys.readFile(file)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const compilerOptions = {
    ...options,
    noUnusedLocals: false,
    noUnusedParameters: false,
    isolatedModules: false,
    paths: sourcePaths(),
    types: ['node'],
  }
  const host = ts.createCompilerHost(compilerOptions)
  const { fileExists, readFile } = host
  host.fileExists = (file) => virtual.has(path.normalize(file)) || fileExists(file)
  host.readFile = (file) => {
    const snippet = virtual.get(path.normalize(file))
    return snippet === undefined ? readFile(file) : `${snippet.text}\nexport {}\n`
  }
  const program = ts.createProgram([...virtual.keys()], compilerOptions, host)
  return [...virtual].flatMap(([file, { page, line }]) => {
    const source = program.getSourceFile(file)
    if (source === undefined) return [`${page}:${line}: not read`]
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ start = 0, messageText }) => {
      const at = source.getLineAndCharacterOfPosition(start).line
      return `${page}:${line + at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
  })
}

/** Our package names, each with the source it exports. */
function sourcePaths(): Record<string, string[]> {
  const entries = packages.flatMap(({ path: folder, manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, target]) => target.endsWith('.ts'))
      .map(([name, target]): [string, string[]] => [path.posix.join(manifest.name, name), [path.join(root, folder, target)]]),
  )
  return Object.fromEntries(entries)
}
