#!/usr/bin/env node
import { environmentVariables } from '../environment/variables.ts'
import { run } from './run.ts'

// Whoever reads our output may stop reading (`bot list | head`); that is no failure of ours.
process.stdout.on('error', () => process.exit(0))

const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  env: environmentVariables(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
})
// What a command leaves open must not keep the process; what it wrote must be out.
process.stdout.write('', () => process.exit(code))
