import { readFile, readdir, readlink } from 'node:fs/promises'

export interface PortHolder {
  readonly pid: number
  readonly name: string
}

/** Which program listens on a TCP port; undefined where the system does not tell (another user's program, or not Linux). */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  if (process.platform !== 'linux') return undefined
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readOrEmpty))
  const sockets = new Set(tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`))
  if (sockets.size === 0) return undefined
  for (const pid of (await listOrEmpty('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const folder = `/proc/${pid}/fd`
    for (const descriptor of await listOrEmpty(folder)) {
      if (sockets.has(await linkOrEmpty(`${folder}/${descriptor}`))) {
        return { pid: Number(pid), name: (await readOrEmpty(`/proc/${pid}/comm`)).trim() || 'a program' }
      }
    }
  }
  return undefined
}

const LISTENING = '0A'

function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${hexPort}`) === true && columns[3] === LISTENING)
    .flatMap((columns) => columns[9] ?? [])
}

/* Programs end while one looks, and those of others cannot be looked into: what cannot be read is not there. */

async function readOrEmpty(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}

async function listOrEmpty(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

async function linkOrEmpty(file: string): Promise<string> {
  return readlink(file).catch(() => '')
}
