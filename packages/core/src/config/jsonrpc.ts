import type { Complaint } from './complaint.ts'
import type { JsonRpcEntry } from './define.ts'
import type { SinkEntry } from './load.ts'

const GENERIC: Readonly<Record<string, string>> = {
  'sinks.generic.SimpleMessagePoster': 'base',
  'sinks.generic.AsyncMessagePoster': 'async',
}

export interface JsonRpcSinks {
  readonly sinks: Readonly<Record<string, SinkEntry>>
  readonly warnings: readonly string[]
  readonly complaints: readonly Complaint[]
}

/**
 * The sinks that an older `jsonrpc` block means: on this machine's own address any program may post anywhere, as it always could, with a warning.
 * Elsewhere that is refused, with the block to write instead.
 */
export function jsonRpcSinks(block: JsonRpcEntry | readonly JsonRpcEntry[]): JsonRpcSinks {
  const sinks: Record<string, SinkEntry> = {}
  const warnings: string[] = []
  const complaints: Complaint[] = []
  const isList = 'length' in block
  const entries = isList ? block : [block]
  for (const [index, entry] of entries.entries()) {
    const path = isList ? `jsonrpc[${index}]` : 'jsonrpc'
    const name = `jsonrpc-${entry.port}`
    if (!isLoopback(entry.name)) {
      complaints.push({
        path: `${path}.name`,
        text: `found "${entry.name}", which others can reach, and this block has no authentication; allowed is 127.0.0.1, ::1 or localhost. Write instead:\n${modernBlock(entry)}`,
      })
    } else if (Object.hasOwn(sinks, name)) {
      complaints.push({ path: `${path}.port`, text: `found ${entry.port} a second time; each entry needs a port of its own.` })
    } else {
      sinks[name] = sinkOf(entry)
      warnings.push(
        `${path}: every program on this machine may post to every conversation through ${entry.name}:${entry.port}. Better write:\n${modernBlock(entry)}`,
      )
    }
  }
  return { sinks, warnings, complaints }
}

function sinkOf({ certfile, module, name, port }: JsonRpcEntry): SinkEntry {
  const handler = GENERIC[module]
  return {
    use: moduleOf(module),
    core: { conversations: ['*'] },
    options: { ...(handler === undefined ? {} : { handler }), mode: 'sync', auth: { type: 'none' }, host: name, port, certfile },
  }
}

/** `sinks.generic.…` is the generic sink; a dotted path is a class in the folder `sinks`; the rest is the name of an extension or its package. */
function moduleOf(module: string): string {
  if (Object.hasOwn(GENERIC, module)) return 'generic'
  if (!/^[A-Za-z_$][\w$-]*(?:\.[A-Za-z_$][\w$]*)+$/.test(module)) return module
  const parts = module.split('.')
  const name = parts.pop() ?? ''
  return `./sinks/${(parts[0] === 'sinks' && parts.length > 1 ? parts.slice(1) : parts).join('/')}#${name}`
}

function modernBlock({ certfile, module, name, port }: JsonRpcEntry): string {
  const handler = GENERIC[module] === 'base' ? `, handler: 'base'` : ''
  return [
    '    sinks: {',
    `      alerts: {`,
    `        use: '${moduleOf(module)}'${handler}, host: '${name}', port: ${port}, certfile: '${certfile}',`,
    `        auth: { type: 'bearer', token: { env: 'ALERTS_TOKEN' } }, conversations: ['lobby'],`,
    '      },',
    '    }',
  ].join('\n')
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
