#!/usr/bin/env node
import { environmentVariables } from '../environment/variables.ts'
import { run } from './run.ts'

// Whoever reads our output may stop reading (`bot list | head`); that is no failure of ours. A command has nobody to tell anything then; a bot goes on unread.
process.stdout.on('error', () => {
  if (!process.argv.slice(2).includes('start')) process.exit(0)
})
// Unheard, each failed write of the log would be a fault to write about in the log.
process.stderr.on('error', () => {})

const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  env: environmentVariables(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
})
// What a command leaves open must not keep the process; what it wrote must be out.
process.stdout.write('', () => process.exit(code))
