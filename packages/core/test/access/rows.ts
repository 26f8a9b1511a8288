import { describe, expect, test } from 'vitest'
import type { AccessContext } from '../../src/access/gate.ts'
import type { AccessPolicyConfig } from '../../src/access/policy.ts'
import { ask, type Asked } from './asking.ts'

export interface Row {
  readonly name: string
  readonly policy: AccessPolicyConfig
  readonly asked?: Asked
  readonly context?: AccessContext
  readonly allowed: boolean
  readonly code: string
}

/** One test a row: what is asked under which policy, and what is decided. */
export function rows(title: string, table: readonly Row[]): void {
  describe(title, () => {
    test.each(table)('$name', ({ policy, asked, context, allowed, code }) => {
      const decision = ask(policy, asked, context)
      expect({ allowed: decision.allowed, code: decision.code }).toEqual({ allowed, code })
    })
  })
}
