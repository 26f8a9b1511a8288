// What `npm test` runs: types, lint, formatting, then the repository's rules and every test. It needs npm packages only; a test that wants
// more says so and is skipped, and every skipped one is named at the end. The last line is always "N passed, N failed, N skipped"; a failed
// stage counts as one failure. Arguments go to vitest: `npm test -- packages/core` runs that package's tests alone.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestSummary } from './test-summary.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(path.join(tmpdir(), 'bot-test-'))
const summaryFile = path.join(scratch, 'summary.json')
const filters = process.argv.slice(2)

const checks: readonly (readonly [string, readonly string[]])[] = [
  ['typecheck', ['typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']],
  ['typecheck of the page', ['typescript/bin/tsc', '-p', 'packages/backend-web/src/page']],
  ['lint', ['eslint/bin/eslint.js', '.', '--max-warnings', '0']],
  ['formatting', ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
]
const vitest = ['vitest/vitest.mjs', 'run', '--config', 'vitest.workspace.ts', '--reporter=default', '--reporter=./scripts/test-summary.ts']

const stages: { readonly name: string; readonly ok: boolean; readonly seconds: string }[] = []

if (filters.length === 0) {
  for (const [name, command] of checks) await stage(name, command)
}
const testsOk = await stage('tests', [...vitest, ...filters])
const summary = readSummary()
rmSync(scratch, { recursive: true })

// With arguments, vitest also skips what was not asked for.
const unexplained = filters.length > 0 ? [] : summary.skipped.filter(({ reason }) => reason === undefined)
const failedChecks = stages.filter(({ name, ok }) => !ok && name !== 'tests').length
// Vitest also ends with an error where it ran nothing: that must not read as "0 failed".
const failed = summary.failed + failedChecks + unexplained.length + (!testsOk && summary.failed === 0 ? 1 : 0)

console.log()
for (const { name, ok, seconds } of stages) console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(22)} ${seconds.padStart(6)} s`)
if (summary.skipped.length > 0) console.log('\nSkipped:')
for (const { file, name, reason } of summary.skipped) console.log(`  ${file}: ${name}: ${reason ?? 'NO REASON GIVEN'}`)
if (unexplained.length > 0) console.log('\nA skipped test must say why: context.skip(\'needs …\'), or "(needs …)" in its name.')
console.log(`\n${summary.passed} passed, ${failed} failed, ${summary.skipped.length} skipped`)
process.exitCode = failed > 0 ? 1 : 0

async function stage(name: string, [script = '', ...args]: readonly string[]): Promise<boolean> {
  console.log(`\n== ${name}`)
  const started = performance.now()
  const child = spawn(process.execPath, [path.join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_SUMMARY: summaryFile },
  })
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      console.error(`Could not run ${script}: ${error.message}`)
      resolve(false)
    })
    child.once('exit', (code) => {
      resolve(code === 0)
    })
  })
  stages.push({ name, ok, seconds: ((performance.now() - started) / 1000).toFixed(1) })
  return ok
}

function readSummary(): TestSummary {
  try {
    return JSON.parse(readFileSync(summaryFile, 'utf8')) as TestSummary
  } catch {
    return { passed: 0, failed: 0, skipped: [] }
  }
}
