// Proves the packages as they would be published: packs each with pnpm, installs the tarballs with npm into empty applications outside the
// repository, counts what that installs, and uses them there. Run `pnpm build` first.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MOST_PACKAGES = 15
const MOST_BYTES = 8_000_000
const NOT_AT_IMPORT = ['http', 'https', 'http2', 'sqlite']

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly bot?: unknown
  readonly exports: Readonly<Record<string, string>>
}

interface Packed {
  readonly manifest: Manifest
  readonly tarball: string
}

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(path.join(tmpdir(), 'bot-tarballs-'))
const failures: string[] = []

try {
  const packed = packAll()
  const core = packed.find(({ manifest }) => manifest.name === '@bot/core')
  if (core === undefined) throw new Error('There is no packages/core to prove.')

  printTable([
    measure('core', packed, ['@bot/core']),
    ...packed
      .filter(({ manifest }) => manifest.bot !== undefined)
      .map(({ manifest }) => measure(`core + ${manifest.name.slice('@bot/'.length)}`, packed, ['@bot/core', manifest.name])),
  ])

  const app = install(
    'everything',
    packed,
    packed.map(({ manifest }) => manifest.name),
  )
  await check('importing @bot/core loads no web server and no database', () => importsLittle(app))
  await check('every export can be imported', () => importsAll(app, packed))
  await check('the declarations stand on their own', () => typechecks(app, packed))
  await check('the command `bot` runs', () => run(app, process.execPath, [path.join('node_modules', '.bin', 'bot'), '--version']))
  await check('a bot in a console answers !help', () => answersHelp(app))
  await check('`bot start` serves the page and takes a post over TLS', () => servesAndTakes(app))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

if (failures.length > 0) {
  console.error(`\n${failures.length} failed: ${failures.join('; ')}`)
  process.exitCode = 1
}

function packAll(): readonly Packed[] {
  const tarballs = path.join(scratch, 'tarballs')
  mkdirSync(tarballs)
  const folders = readdirSync(path.join(root, 'packages')).map((name) => path.join(root, 'packages', name))
  return folders.flatMap((folder) => {
    if (!existsSync(path.join(folder, 'package.json'))) return []
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest
    if (manifest.private === true) return []
    if (!existsSync(path.join(folder, 'dist'))) throw new Error(`${manifest.name} is not built: run pnpm build first.`)
    const before = new Set(readdirSync(tarballs))
    execFileSync('pnpm', ['pack', '--pack-destination', tarballs], { cwd: folder, stdio: 'pipe' })
    const made = readdirSync(tarballs).find((name) => !before.has(name))
    if (made === undefined) throw new Error(`pnpm pack left no tarball of ${manifest.name}.`)
    return [{ manifest, tarball: path.join(tarballs, made) }]
  })
}

/** Makes an application that depends on the named packages, and installs it as a user would, but from our tarballs. */
function install(name: string, packed: readonly Packed[], wanted: readonly string[]): string {
  const folder = path.join(scratch, name.replaceAll(/[^a-z]+/g, '-'))
  mkdirSync(folder)
  const spec = ({ tarball }: Packed): string => `file:${tarball}`
  const direct = packed.filter(({ manifest }) => wanted.includes(manifest.name))
  const manifest = {
    name: 'proof',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(direct.map((entry) => [entry.manifest.name, spec(entry)])),
    overrides: Object.fromEntries(
      packed.map((entry) => [entry.manifest.name, direct.includes(entry) ? `$${entry.manifest.name}` : spec(entry)]),
    ),
  }
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
  run(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  return folder
}

interface Measure {
  readonly name: string
  readonly packages: number
  readonly bytes: number
}

function measure(name: string, packed: readonly Packed[], wanted: readonly string[]): Measure {
  const modules = path.join(install(name, packed, wanted), 'node_modules')
  const lock = JSON.parse(readFileSync(path.join(modules, '.package-lock.json'), 'utf8')) as { packages: object }
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0)
  const result = { name, packages: Object.keys(lock.packages).length, bytes }
  if (result.packages > MOST_PACKAGES || bytes > MOST_BYTES) failures.push(`${name} is over the budget`)
  return result
}

function printTable(rows: readonly Measure[]): void {
  console.log(`${'installed'.padEnd(26)} packages        bytes   (at most ${MOST_PACKAGES} and ${MOST_BYTES.toLocaleString('en')})`)
  for (const { name, packages, bytes } of rows) {
    console.log(`${name.padEnd(26)} ${String(packages).padStart(8)} ${bytes.toLocaleString('en').padStart(12)}`)
  }
}

async function check(what: string, prove: () => unknown): Promise<void> {
  try {
    await prove()
    console.log(`ok      ${what}`)
  } catch (error) {
    console.log(`FAILED  ${what}\n${error instanceof Error ? error.message : String(error)}`)
    failures.push(what)
  }
}

/** Runs a program to its end and gives what it wrote; what it complained of stands in the error. */
function run(cwd: string, command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Compares what Node has loaded after the import with what it loads for an empty program. */
function importsLittle(app: string): void {
  const list = 'console.log(JSON.stringify(process.moduleLoadList))'
  const loaded = (program: string): readonly string[] =>
    JSON.parse(run(app, process.execPath, ['--input-type=module', '--eval', `${program}${list}`])) as string[]
  const before = new Set(loaded(''))
  const added = loaded("await import('@bot/core');").filter((entry) => !before.has(entry))
  const heavy = NOT_AT_IMPORT.filter((name) => added.includes(`NativeModule ${name}`))
  if (heavy.length > 0) throw new Error(`It loads ${heavy.map((name) => `node:${name}`).join(', ')}.`)
}

function specifiersOf(packed: readonly Packed[]): readonly string[] {
  return packed.flatMap(({ manifest }) =>
    Object.entries(manifest.exports)
      .filter(([, target]) => target.endsWith('.ts'))
      .map(([name]) => path.posix.join(manifest.name, name)),
  )
}

function importsAll(app: string, packed: readonly Packed[]): void {
  for (const specifier of specifiersOf(packed))
    run(app, process.execPath, ['--input-type=module', '--eval', `await import('${specifier}')`])
}

function typechecks(app: string, packed: readonly Packed[]): void {
  const lines = specifiersOf(packed).map((specifier, index) => `import * as m${index} from '${specifier}'\nvoid m${index}`)
  writeFileSync(path.join(app, 'imports.ts'), `${lines.join('\n')}\n`)
  const types = path.join(root, 'node_modules', '@types')
  const options = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--typeRoots', types]
  try {
    run(app, process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, 'imports.ts'])
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? 'tsc failed.', { cause: error })
  }
}

/** Starts a bot from the installed packages, types `!help` into its console, and waits for the answer. */
async function answersHelp(app: string): Promise<void> {
  const program = `
    import { createBot, definePlugin, md } from '@bot/core'
    import console from '@bot/backend-console'

    const greeter = definePlugin({
      name: 'greeter',
      commands: { greet: { description: 'Says hello.', run: ({ args }) => md\`Hello, **\${args}**.\` } },
    })
    const bot = createBot({ store: { module: 'memory' }, backends: { console: { module: console } }, plugins: [greeter] })
    await bot.start()
  `
  writeFileSync(path.join(app, 'bot.js'), program)
  const child = spawn(process.execPath, ['bot.js'], { cwd: app, stdio: ['pipe', 'pipe', 'pipe'] })
  let answer = ''
  let complaints = ''
  const answered = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
      if (answer.includes('Says hello.')) resolve()
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaints += chunk))
    child.once('error', reject)
    child.once('close', () =>
      reject(new Error(`It ended, or was ended after 20 s, without the answer. It printed:\n${answer}\n${complaints}`)),
    )
  })
  const deadline = setTimeout(() => child.kill(), 20_000)
  child.stdin.end('!help\n')
  try {
    await answered
  } finally {
    clearTimeout(deadline)
    child.kill()
  }
}

/** Starts the installed command on a configuration, fetches the page with all it refers to, and posts to the sink. */
async function servesAndTakes(app: string): Promise<void> {
  const bot = path.join('node_modules', '.bin', 'bot')
  run(app, process.execPath, [bot, 'generate-certificate', 'certificate.pem'])
  const config = {
    backends: { web: { use: 'web', port: 0, rooms: ['lobby'] } },
    sinks: { generic: { use: 'generic', port: 0, certfile: 'certificate.pem', auth: { type: 'none' }, conversations: ['lobby'] } },
  }
  writeFileSync(path.join(app, 'bot.config.json'), JSON.stringify(config))
  const child = spawn(process.execPath, [bot, 'start', '--json'], { cwd: app, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: string[] = []
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk.toString()))
  const deadline = setTimeout(() => child.kill(), 30_000)
  try {
    const status = await started(child.stdout, printed)
    const page = status.backends.find(({ name }) => name === 'web')?.url
    const sink = status.sinks[0]?.url
    if (page === undefined || sink === undefined) throw new Error(`The page or the sink has no address: ${JSON.stringify(status)}`)
    const html = await (await fetched(page)).text()
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference = '']) => new URL(reference, page).href)
    if (references.length < 2) throw new Error(`The page refers to nothing:\n${html}`)
    for (const reference of references) await fetched(reference)
    const answer = await post(new URL('lobby', sink), readFileSync(path.join(app, 'certificate.pem')))
    if (answer !== 202) throw new Error(`The sink answered ${answer}.`)
  } finally {
    clearTimeout(deadline)
    child.kill()
  }
}

interface Started {
  readonly backends: readonly { readonly name: string; readonly url?: string }[]
  readonly sinks: readonly { readonly name: string; readonly url?: string }[]
}

async function started(output: NodeJS.ReadableStream, complaints: readonly string[]): Promise<Started> {
  for await (const line of createInterface({ input: output })) {
    const message = JSON.parse(line) as Started & { readonly event?: string }
    if (message.event === 'started') return message
  }
  throw new Error(`It ended before it had started:\n${complaints.join('')}`)
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`GET ${url} was answered ${response.status}.`)
  return response
}

/** Posts as any program would. Resolves to the status. */
function post(url: URL, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ca }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject)
    sent.end(JSON.stringify({ echo: 'hello' }))
  })
}
