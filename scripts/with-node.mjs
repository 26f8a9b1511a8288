// Runs one of the project's tasks with a Node and a pnpm that are new enough. `npm start` and `npm test` come through here, so a machine
// that has only an old Node with npm needs nothing else: what is missing is fetched by npx. Plain JavaScript, because an old Node runs it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const task = process.argv[2]
const rest = process.argv.slice(3)

const tasks = {
  start: [
    ['pnpm', 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn'],
    ['pnpm', '--silent', '--filter', 'example-starter', 'start', ...rest],
  ],
  test: [
    ['pnpm', 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn'],
    ['node', 'scripts/test.ts', ...rest],
  ],
}

if (!Object.hasOwn(tasks, task)) {
  console.error(`with-node: no task called ${task}; there are ${Object.keys(tasks).join(', ')}`)
  process.exit(2)
}

if (isNewEnough()) {
  if (!existsSync(new URL('../node_modules', import.meta.url))) console.error('Installing what the project depends on; this happens once.')
  for (const [command, ...args] of tasks[task]) run(command, args)
} else {
  console.error(`This is Node ${process.versions.node}; fetching Node 24 and pnpm 12 through npx, for this run only.`)
  // The script calls itself under a Node that is new enough; the second call takes the branch above.
  run('npx', ['--yes', '--package=node@24', '--package=pnpm@12', '--', 'node', fileURLToPath(import.meta.url), task, ...rest])
}

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 19)) return false
  const pnpm = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  return pnpm.status === 0 && Number(pnpm.stdout.split('.')[0]) >= 12
}

function run(command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (error) {
    console.error(`with-node: could not run ${command}: ${error.message}`)
    process.exit(1)
  }
  if (signal) process.kill(process.pid, signal)
  if (status !== 0) process.exit(status ?? 1)
}
