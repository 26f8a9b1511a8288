import { codeOf } from '../contract/errors.ts'
import type { Check, Finding } from './checks.ts'
import {
  checkConfiguration,
  checkExtensionChecks,
  checkInstalled,
  checkNode,
  checkPorts,
  checkRunningOrStore,
  checkSecretsFile,
} from './checks.ts'
import { positional, type Command } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** In the order in which one thing rests on the other. */
const CHECKS: readonly { readonly what: string; readonly check: Check }[] = [
  { what: 'Node', check: checkNode },
  { what: 'dependencies', check: checkInstalled },
  { what: 'secrets', check: checkSecretsFile },
  { what: 'configuration', check: checkConfiguration },
  { what: 'store', check: checkRunningOrStore },
  { what: 'ports', check: checkPorts },
  { what: 'extensions', check: checkExtensionChecks },
]

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

export const doctor: Command = {
  name: 'doctor',
  description: 'Looks at everything a start depends on, and at the running bot if there is one; every line says what to do',
  usage: 'doctor',
  async run(context) {
    positional(context, 'doctor', 0)
    const findings: Finding[] = []
    for (const { what, check } of CHECKS) {
      context.progress(`Looking at ${what}`)
      const found = await check(context.app).catch((error: unknown): Finding[] => {
        return [{ level: 'fail', what, detail: `${(error as Error).message} [${codeOf(error) ?? 'unexpected'}]` }]
      })
      for (const finding of found) {
        findings.push(finding)
        if (!context.json) context.print(`${MARKS[finding.level]} ${finding.what}: ${finding.detail}`)
      }
    }
    const failed = findings.filter(({ level }) => level === 'fail').length
    const warned = findings.filter(({ level }) => level === 'warn').length
    if (context.json) context.print(JSON.stringify({ ok: failed === 0, findings }))
    else context.print(failed === 0 ? `\nNothing stops this bot${warned === 0 ? '' : `; ${warned} to look at`}.` : `\n${failed} to mend.`)
    return failed === 0 ? EXIT.ok : EXIT.failed
  },
}
