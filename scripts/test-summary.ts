import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** What a run of the tests came to, as `scripts/test.ts` reads it. */
export interface TestSummary {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly { readonly file: string; readonly name: string; readonly reason: string | undefined }[]
}

/**
 * A vitest reporter that writes a {@link TestSummary} to the file named by TEST_SUMMARY. A skipped test gives its reason as the note of
 * `context.skip('needs Chromium')`, or in its own or its suite's name: `describe.skipIf(!chromium)('two people (needs Chromium)', …)`.
 */
export default class TestSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const file = process.env['TEST_SUMMARY']
    if (file === undefined) return
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const state = (test: TestCase): string => test.result().state
    // A file that cannot be imported has no tests, and a hook that throws belongs to none: each counts as one failure.
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const broken = suites.filter((suite) => suite.errors().length > 0).length
    const summary: TestSummary = {
      passed: tests.filter((test) => state(test) === 'passed').length,
      failed: tests.filter((test) => state(test) === 'failed' || state(test) === 'pending').length + broken + unhandled.length,
      skipped: tests
        .filter((test) => state(test) === 'skipped')
        .map((test) => ({ file: test.module.relativeModuleId, name: test.fullName, reason: reasonOf(test) })),
    }
    writeFileSync(file, JSON.stringify(summary))
  }
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result()
  if (result.state === 'skipped' && result.note !== undefined) return result.note
  return /\b(needs [^()]+)/.exec(test.fullName)?.[1]
}
