import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import type { BotStatus } from '../bot-status.ts'
import { isObject, type Fields } from '../config/json-schema.ts'
import { maskedOptions, type ResolvedConfig } from '../config/resolve.ts'
import { codeOf } from '../contract/errors.ts'
import { systemClock } from '../environment/clock.ts'
import type { App } from './app.ts'
import { connectControl } from './control.ts'
import { storeOf } from './store.ts'

export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  /** What was looked at. */
  readonly what: string
  /** What was found, and what to do where it is not well. */
  readonly detail: string
}

/** One part of `bot doctor`. What it throws becomes a failed finding. */
export type Check = (app: App) => Promise<readonly Finding[]>

const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail })
const warn = (what: string, detail: string): Finding => ({ level: 'warn', what, detail })
const fail = (what: string, detail: string): Finding => ({ level: 'fail', what, detail })
const errorText = (error: unknown): string => `${(error as Error).message} [${codeOf(error) ?? 'unexpected'}]`

const OLDEST_NODE = [22, 19] as const

export const checkNode: Check = () => {
  const { node } = process.versions
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return Promise.resolve([isNew ? ok('Node', node) : fail('Node', `${node} is too old: install ${OLDEST_NODE.join('.')} or newer.`)])
}

export const checkInstalled: Check = async (app) => {
  if (!existsSync(join(app.appDir, 'package.json'))) {
    return [warn('package.json', `there is none in ${app.appDir}, so nothing can be found by name: make one with \`bot init\`.`)]
  }
  const { missing, broken } = await app.installed()
  return [
    ...missing.map((name) => fail(name, 'it stands in package.json and is not on disk: run `npm install`.')),
    ...broken.map(({ name, error }) => warn(name, errorText(error))),
    ...(missing.length + broken.length === 0 ? [ok('dependencies', 'all are on disk')] : []),
  ]
}

export const checkSecretsFile: Check = ({ appDir }) => {
  const file = join(appDir, '.env')
  if (!existsSync(file) || process.platform === 'win32') return Promise.resolve([])
  const isOpen = (statSync(file).mode & 0o077) !== 0
  return Promise.resolve([
    isOpen ? warn('.env', `other users of this machine may read it: chmod 600 ${file}`) : ok('.env', 'only you may read it'),
  ])
}

export const checkConfiguration: Check = async (app) => {
  const config = await app.config()
  const { uses, problems } = await app.resolved()
  return [
    ok('configuration', config.file),
    ...config.warnings.map((text) => warn('configuration', text)),
    ...problems.map((problem) => fail('configuration', errorText(problem))),
    ...uses.map(({ path, extension }) => ok(path, `${extension.package}${extension.version === undefined ? '' : ` ${extension.version}`}`)),
    ...(Object.keys(config.backends).length === 0
      ? [warn('backends', 'none is configured, so nobody can talk to the bot: add one under "backends".')]
      : []),
  ]
}

/** Where a bot runs it holds the store, and knows how its connections are; else the store is opened. */
export const checkRunningOrStore: Check = async (app) => {
  const config = await app.config()
  const client = await connectControl(config.dataDir)
  if (client === undefined) return [ok('bot', 'it does not run'), ...(await checkStore(app))]
  try {
    return runningFindings((await client.call('status')) as BotStatus)
  } finally {
    client.close()
  }
}

function runningFindings({ name, state, backends, sinks, deliveries }: BotStatus): Finding[] {
  return [
    ok('bot', `${name} is ${state}`),
    ...backends.map((backend) => {
      const what = `connection ${backend.name}`
      if (backend.state === 'connected') return ok(what, `connected${backend.url === undefined ? '' : `, ${backend.url}`}`)
      return fail(
        what,
        `${backend.state} after ${backend.failures} failed attempts${backend.error === undefined ? '' : `: ${backend.error}`}`,
      )
    }),
    ...sinks.map((sink) =>
      sink.url === undefined ? fail(`sink ${sink.name}`, 'it does not listen: see the log') : ok(`sink ${sink.name}`, sink.url),
    ),
    ...deadLetters(deliveries),
  ]
}

async function checkStore(app: App): Promise<Finding[]> {
  const config = await app.config()
  if (config.store.use === 'memory')
    return [warn('store', 'it is in memory: what was accepted is lost when the process ends. For more than trying out: store: "sqlite".')]
  const store = await storeOf(app)
  if (store === undefined) return [ok('store', `made in ${config.dataDir} at the first start`)]
  await store.open()
  try {
    return [ok('store', `opens, in ${config.dataDir}`), ...deadLetters(await store.counts())]
  } finally {
    await store.close()
  }
}

function deadLetters({ inbox, outbox }: BotStatus['deliveries']): Finding[] {
  const given = inbox.dead + outbox.dead
  return [
    given === 0
      ? ok('deliveries', 'none was given up')
      : warn(
          'deliveries',
          `${given} were given up: \`bot deliveries list --state dead\` says why, \`bot deliveries replay ID\` tries again.`,
        ),
    ...(outbox.ambiguous === 0
      ? []
      : [warn('deliveries', `${outbox.ambiguous} were perhaps sent: look at \`bot deliveries list --state ambiguous\`.`)]),
  ]
}

/** Every `port` among the options, unless the bot runs and holds them itself. */
export const checkPorts: Check = async (app) => {
  const { dataDir } = await app.config()
  const client = await connectControl(dataDir)
  client?.close()
  if (client !== undefined) return []
  const { uses } = await app.resolved()
  const findings: Finding[] = []
  for (const { path, options } of uses) {
    if (!isObject(options) || typeof options['port'] !== 'number' || options['port'] === 0) continue
    // Mounted on a listener, it has no port of its own.
    if (options['listener'] !== undefined) continue
    const host = typeof options['host'] === 'string' ? options['host'] : '127.0.0.1'
    findings.push(await checkPort(path, host, options['port']))
  }
  return findings
}

function checkPort(path: string, host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why: Readonly<Record<string, string>> = {
        EADDRINUSE: 'another program holds it: stop that, or change the port',
        EACCES: 'it takes more rights: choose a port from 1024',
        EADDRNOTAVAIL: 'this machine has no such address: change the host',
      }
      resolve(fail(`${path}.port`, `${host}:${port} cannot be bound: ${why[error.code ?? ''] ?? error.message}.`))
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(ok(`${path}.port`, `${host}:${port} is free`))))
  })
}

/** What extensions check about themselves: certificates, tokens, servers. Those in use; secrets are masked for them. */
export const checkExtensionChecks: Check = async (app) => {
  const resolved = await app.resolved()
  const findings: Finding[] = []
  for (const module of new Set(resolved.uses.map((use) => use.module))) {
    if (module.kind === 'plugin') continue
    for (const check of module.doctor ?? []) {
      try {
        const found = await check.run({ appDir: app.appDir, clock: systemClock, configured: configuredOf(resolved, module, app.mask) })
        findings.push(...found.map(({ ok: isWell, what, detail }) => (isWell ? ok(what, detail) : fail(what, detail))))
      } catch (error) {
        findings.push(fail(`${module.kind} ${module.name}, ${check.name}`, errorText(error)))
      }
    }
  }
  return findings
}

function configuredOf(resolved: ResolvedConfig, module: object, mask: (text: string) => string): { name: string; options: Fields }[] {
  return resolved.uses.filter((use) => use.module === module).map((use) => ({ name: use.name, options: maskedOptions(use, mask) }))
}
