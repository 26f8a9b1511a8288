// How long a fresh process takes to import the built @bot/core, beside a process that imports nothing. The two are run in turn, so that what
// else the machine does falls on both. Run `pnpm build` first, then `pnpm bench import`.
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const RUNS = 15
const GOAL_MS = 60
const built = new URL('../packages/core/dist/index.js', import.meta.url)

if (!existsSync(built)) throw new Error('@bot/core is not built: run pnpm build first.')

const programs = {
  'an empty process': '',
  'import @bot/core': `await import(${JSON.stringify(built.href)})`,
}

/** Wall time of a whole process, and of the import inside it. */
interface Sample {
  readonly processMs: number
  readonly importMs: number
}

const samples: Record<string, Sample[]> = {}
for (let run = -1; run < RUNS; run++) {
  for (const [name, program] of Object.entries(programs)) {
    const sample = measure(program)
    // The first round reads the files from the disk for the others.
    if (run >= 0) (samples[name] ??= []).push(sample)
  }
}

const rows = Object.entries(samples).map(([name, taken]) => ({
  name,
  processMs: median(taken.map(({ processMs }) => processMs)),
  importMs: median(taken.map(({ importMs }) => importMs)),
}))
const imported = rows.at(-1)?.importMs ?? Infinity

const table = [
  '| what | process, ms | import, ms |',
  '| --- | --- | --- |',
  ...rows.map(({ name, processMs, importMs }) => `| ${name} | ${processMs.toFixed(1)} | ${importMs.toFixed(1)} |`),
]
const report = `# Results

Made by the scripts of this folder. Numbers of one machine at one time: compare rows, not pages.

## \`pnpm bench import\`

A fresh process imports the built \`@bot/core\`; medians of ${RUNS} runs, in turn with an empty process. Goal: an import under ${GOAL_MS} ms.

${table.join('\n')}

${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} threads, ${process.platform} ${process.arch}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.
`
writeFileSync(new URL('RESULTS.md', import.meta.url), report)
console.log(table.join('\n'))
console.log(
  `\nImport: ${imported.toFixed(1)} ms; the goal is under ${GOAL_MS} ms. Written to ${fileURLToPath(new URL('RESULTS.md', import.meta.url))}.`,
)
if (imported >= GOAL_MS) process.exitCode = 1

function measure(program: string): Sample {
  const timed = `const started = performance.now();${program};console.log(performance.now() - started)`
  const started = performance.now()
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', timed], { encoding: 'utf8' })
  return { processMs: performance.now() - started, importMs: Number(printed) }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
