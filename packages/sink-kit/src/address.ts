import { BlockList, isIP } from 'node:net'
import { BotError } from '@bot/core/backend'
import { findPortHolder } from './port-holder.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches that host. `localhost` counts: the address it was bound to is checked afterwards. */
export function isLoopback(host: string): boolean {
  const address = plainAddress(host)
  const version = isIP(address)
  return version === 0 ? address.toLowerCase() === 'localhost' : LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** An address without brackets, IPv4-mapped IPv6 written as IPv4. */
export function plainAddress(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

/** The `LISTENER_ADDRESS` for an address that could not be bound, with what is in the way and what to change. */
export async function addressError(listener: string, host: string, port: number, cause: NodeJS.ErrnoException): Promise<BotError> {
  const sentence = await explain(listener, host, port, cause)
  return new BotError('LISTENER_ADDRESS', `${listener} cannot listen on ${hostInUrl(host)}:${port}: ${sentence}`, { cause })
}

async function explain(listener: string, host: string, port: number, cause: NodeJS.ErrnoException): Promise<string> {
  const change = `change "port" of ${listener} in the configuration`
  switch (cause.code) {
    case 'EADDRINUSE': {
      const holder = await findPortHolder(port)
      const who =
        holder === undefined ? '' : holder.pid === process.pid ? ' by this bot itself' : ` by ${holder.name} (process ${holder.pid})`
      const find = holder === undefined ? ` "${portQuestion(port)}" shows by which program.` : ''
      return `the port is taken${who}.${find} Stop that program, or ${change}.`
    }
    case 'EACCES':
      return `the system does not allow it; ports below 1024 need more rights. Take one above, and ${change}.`
    case 'EADDRNOTAVAIL':
      return `this machine has no such address. Set "host" of ${listener} to one it has, such as 127.0.0.1.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name "${host}" stands for no address. Set "host" of ${listener} to an address of this machine, such as 127.0.0.1.`
    default:
      return `${cause.message}. Check "host" and "port" of ${listener} in the configuration.`
  }
}

function portQuestion(port: number): string {
  switch (process.platform) {
    case 'win32':
      return `netstat -ano | findstr :${port}`
    case 'linux':
      return `sudo ss -ltnp "sport = :${port}"`
    default:
      return `lsof -nP -iTCP:${port} -sTCP:LISTEN`
  }
}
