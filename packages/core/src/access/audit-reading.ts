import type { Json } from '../contract/events.ts'
import type { KeyValueEntry, Store } from '../contract/store.ts'
import {
  AUDIT_ENTRIES,
  AUDIT_HEADS,
  AUDIT_PEOPLE,
  AUDIT_START,
  digestUnder,
  hashOf,
  headOf,
  keyOf,
  type AuditEntry,
  type AuditHead,
} from './audit.ts'
import { parseGlob } from './glob.ts'

const PAGE = 500

/** Where a chain is not what it was. */
export interface AuditProblem {
  readonly chain: string
  readonly n: number
  /**
   * `edited`: an entry is not what was written. `missing`: there is none with this number. `forked`: there are several. `unlinked`: it does not follow the one before
   * it. `head`: the chain's end is not where its head says. `anchor`: it is not what was noted elsewhere.
   */
  readonly problem: 'edited' | 'missing' | 'forked' | 'unlinked' | 'head' | 'anchor'
}

export interface AuditVerification {
  readonly ok: boolean
  readonly entries: number
  /** The chains with their heads. Noted elsewhere, they are the anchors of a later verification. */
  readonly chains: readonly AuditAnchor[]
  readonly problems: readonly AuditProblem[]
  /** The one with the lowest number, of the first chain that has any. */
  readonly firstBroken?: AuditProblem
}

export interface AuditAnchor extends AuditHead {
  readonly chain: string
}

/** Checks every entry of every chain. It may run while entries are added. */
export async function verifyAudit(store: Store, options: { readonly anchors?: readonly AuditAnchor[] } = {}): Promise<AuditVerification> {
  const { anchors = [] } = options
  const headsBefore = await readHeads(store)
  const chains = new Map<string, Link[]>()
  let entries = 0
  for await (const { key, value } of everything(store, AUDIT_ENTRIES)) {
    const link = linkOf(key, value)
    const links = chains.get(link.chain)
    if (links === undefined) chains.set(link.chain, [link])
    else links.push(link)
    entries++
  }
  const headsAfter = await readHeads(store)
  const names = [...new Set([...chains.keys(), ...headsAfter.keys(), ...anchors.map(({ chain }) => chain)])].sort()
  const problems = names.flatMap((chain) => {
    const links = (chains.get(chain) ?? []).sort((a, b) => a.n - b.n)
    const noted = anchors.filter((anchor) => anchor.chain === chain)
    return checkChain(chain, links, headsBefore.get(chain), headsAfter.get(chain), noted).sort((a, b) => a.n - b.n)
  })
  const [firstBroken] = problems
  return {
    ok: problems.length === 0,
    entries,
    chains: [...headsAfter].map(([chain, head]) => ({ chain, ...head })),
    problems,
    ...(firstBroken === undefined ? {} : { firstBroken }),
  }
}

export interface AuditQuery {
  /** A canonical id, or `system:` and the name of a part of the bot. */
  readonly who?: string
  /** A pattern over `what`. */
  readonly what?: string
  /** Not before this time. */
  readonly since?: number
  /** Default 100. */
  readonly limit?: number
}

/** An entry for people to read: with the ids of those who have not been erased. */
export interface AuditView extends Omit<AuditEntry, 'who' | 'about'> {
  /** Undefined for somebody who was erased. */
  readonly who: string | undefined
  readonly about: string | undefined
}

/** The entries that fit, newest first. */
export async function listAudit(store: Store, query: AuditQuery = {}): Promise<readonly AuditView[]> {
  const { who, since = 0, limit = 100 } = query
  const what = query.what === undefined ? undefined : parseGlob(query.what)
  const people = new Map<string, string>()
  for await (const { key, value } of everything(store, AUDIT_PEOPLE)) people.set(digestUnder(keyOf(value) ?? '', key), key)
  const nameOf = (party: string | undefined): string | undefined =>
    party?.startsWith('system:') === true ? party : people.get(party ?? '')

  const found: AuditView[] = []
  for await (const { value } of everything(store, AUDIT_ENTRIES)) {
    const entry = value as unknown as AuditEntry
    if (entry.at < since || found.length >= limit) break
    const view = { ...entry, who: nameOf(entry.who), about: nameOf(entry.about) }
    if (who !== undefined && view.who !== who && view.about !== who) continue
    if (what === undefined || what.matches(entry.what)) found.push(view)
  }
  return found
}

/** What verifying needs of an entry. */
interface Link {
  readonly chain: string
  readonly n: number
  readonly prev: string
  readonly hash: string
  readonly sound: boolean
}

function linkOf(key: string, value: Json): Link {
  const isEntry = typeof value === 'object' && value !== null && !Array.isArray(value)
  const entry = (isEntry ? value : {}) as Readonly<Record<string, Json>>
  const { id, chain, n, prev, hash } = entry
  return {
    chain: typeof chain === 'string' ? chain : '?',
    n: typeof n === 'number' ? n : 0,
    prev: typeof prev === 'string' ? prev : '?',
    hash: typeof hash === 'string' ? hash : '?',
    sound: id === key && hash === hashOf(entry),
  }
}

/**
 * `links` by their numbers. What was added while the entries were read may be there in part, so it only has to be sound: the chain proper ends where its head was
 * before.
 */
function checkChain(
  chain: string,
  links: readonly Link[],
  before: AuditHead | undefined,
  after: AuditHead | undefined,
  anchors: readonly AuditAnchor[],
): AuditProblem[] {
  const problems: AuditProblem[] = []
  const report = (n: number, problem: AuditProblem['problem']): void => void problems.push({ chain, n, problem })
  const end = before ?? { n: 0, hash: AUDIT_START }
  let last: { readonly n: number; readonly hash: string } = { n: 0, hash: AUDIT_START }
  for (const link of links) {
    if (!link.sound) report(link.n, 'edited')
    if (link.n > end.n) {
      if (link.n > (after?.n ?? 0)) report(link.n, 'head')
      continue
    }
    if (link.n === last.n) report(link.n, 'forked')
    else if (link.n !== last.n + 1) report(last.n + 1, 'missing')
    else if (link.prev !== last.hash) report(link.n, 'unlinked')
    last = link
  }
  if (last.n < end.n) report(last.n + 1, 'missing')
  else if (last.hash !== end.hash) report(end.n, 'head')
  for (const { n, hash } of anchors) {
    if (!links.some((link) => link.n === n && link.hash === hash)) report(n, 'anchor')
  }
  return problems
}

async function readHeads(store: Store): Promise<ReadonlyMap<string, AuditHead>> {
  const heads = new Map<string, AuditHead>()
  for await (const { key, value } of everything(store, AUDIT_HEADS)) heads.set(key, headOf(value))
  return heads
}

async function* everything(store: Store, ns: string): AsyncGenerator<KeyValueEntry> {
  let after: string | undefined
  for (;;) {
    const page = await store.scan(ns, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    yield* page
    after = page.at(-1)?.key
    if (page.length < PAGE) return
  }
}
