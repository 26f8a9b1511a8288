import { BotError, type HttpHandler, type HttpResponse, type MountOptions } from '@bot/core/backend'

export interface Mounted {
  /** `/`, or `/name` without a slash at the end. */
  readonly prefix: string
  readonly handler: HttpHandler
  readonly options: MountOptions
  /** What is being answered right now. */
  readonly underway: Set<Promise<HttpResponse>>
}

/** What is mounted on one listener, found by the longest prefix. */
export class MountTable {
  readonly #mounts = new Map<string, Mounted>()

  /** Throws `LISTENER_PATH` where the prefix is taken or is none, `LISTENER_EXPOSED` for what authenticates nobody on a host that others reach. */
  add(prefix: string, handler: HttpHandler, options: MountOptions, host: { readonly url: string; readonly loopback: boolean }): Mounted {
    if (!/^\/$|^(?:\/[A-Za-z0-9._~-]+)+$/.test(prefix) || prefix.split('/').some((segment) => segment === '.' || segment === '..')) {
      throw new BotError(
        'LISTENER_PATH',
        `${options.owner} cannot be mounted at "${prefix}": a path is "/" or begins with "/", has no slash at its end, and is made of letters, digits and . _ ~ -`,
      )
    }
    const taken = this.#mounts.get(prefix)
    if (taken !== undefined) {
      throw new BotError(
        'LISTENER_PATH',
        `${options.owner} cannot be mounted at ${prefix} of ${host.url}: ${taken.options.owner} is there. Give one of them another "path".`,
      )
    }
    if (options.auth === 'none' && !host.loopback) {
      throw new BotError(
        'LISTENER_EXPOSED',
        `${options.owner} asks nobody who they are, so it may not be reached from beyond this machine, but ${host.url} can be. Set up "auth", or bind to 127.0.0.1.`,
      )
    }
    const mounted: Mounted = { prefix, handler, options, underway: new Set() }
    this.#mounts.set(prefix, mounted)
    return mounted
  }

  remove(mounted: Mounted): void {
    if (this.#mounts.get(mounted.prefix) === mounted) this.#mounts.delete(mounted.prefix)
  }

  /** The mount for a path, and the path below it. */
  find(path: string): { readonly mounted: Mounted; readonly path: string } | undefined {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const mounted = this.#mounts.get(path.slice(0, end))
      if (mounted !== undefined) return { mounted, path: path.slice(end) || '/' }
    }
    const root = this.#mounts.get('/')
    return root === undefined ? undefined : { mounted: root, path }
  }
}
