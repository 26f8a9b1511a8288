import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { until } from './host.ts'

// Starting a process takes its time on a busy machine.
const SLOW = 30_000

const demo = fileURLToPath(new URL('terminal-demo.ts', import.meta.url))
// util-linux's `script` runs a command in a pseudo-terminal.
const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).stdout?.toString().includes('util-linux')
if (!hasScript) console.log('skipped: the console in a real terminal, as util-linux `script` is not installed')

test.skipIf(!hasScript)(
  'in a real terminal a person is prompted, answered, and let go',
  async () => {
    const child = spawn('script', ['-qec', `"${process.execPath}" "${demo}"`, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm-256color' },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await until(() => output.includes('Talking to bot'), SLOW)
    child.stdin.write('!hi\r')
    await until(() => stripVTControlCharacters(output).includes('2 bot@#lobby: You said hi.'), SLOW)
    expect(stripVTControlCharacters(output)).toContain('alice@#lobby> ')
    child.stdin.write('\u0004')
    const [code] = (await once(child, 'exit')) as [number]
    expect(output).toContain('ended: the input has ended')
    expect(code).toBe(0)
  },
  SLOW,
)

test(
  'a pipe gives plain output, without any escape sequence, and exit code 0',
  async () => {
    const child = spawn(process.execPath, [demo], { env: { ...process.env, FORCE_COLOR: '1' }, stdio: ['pipe', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stdin.end('!hi\n!rich\n')
    const [code] = (await once(child, 'close')) as [number]
    expect(output).toContain('  2 bot@#lobby: You said hi.\n')
    expect(output).not.toContain('\u001b')
    expect(output).toMatch(/ended: the input has ended\n$/)
    expect(code).toBe(0)
  },
  SLOW,
)
