import { type HttpRequest, type HttpResponse } from '@bot/core/backend'
import Router, { type HTTPMethod } from 'find-my-way'

/** A request that a route matched. */
export interface SinkRequest extends HttpRequest {
  /** The `:names` of the route, decoded once. A null-prototype object. */
  readonly params: Readonly<Record<string, string | undefined>>
}

export type SinkRoute = (request: SinkRequest) => Promise<HttpResponse>

/** The routes of one sink, below the path it is mounted at. */
export class SinkRouter {
  readonly #router = Router({ maxParamLength: 2048 })
  readonly #routes = new Map<string, SinkRoute>()
  readonly #methods = new Set<HTTPMethod>()

  /** Adds a route: `/:conversation` takes one segment, `/*` everything. Throws where the same route is there already. */
  on(methods: HTTPMethod | readonly HTTPMethod[], path: string, route: SinkRoute): void {
    for (const method of typeof methods === 'string' ? [methods] : methods) {
      const id = `${method} ${path}`
      this.#router.on(method, path, () => undefined, id)
      this.#routes.set(id, route)
      this.#methods.add(method)
    }
  }

  /** The route for a path and its parameters, or the methods that path would take (none: there is no such path). */
  find(
    method: string,
    path: string,
  ): { readonly route: SinkRoute; readonly params: SinkRequest['params'] } | { readonly allow: readonly string[] } {
    const found = this.#router.find(method as HTTPMethod, path)
    const route = found === null ? undefined : this.#routes.get(found.store as string)
    if (found !== null && route !== undefined) return { route, params: found.params }
    return { allow: [...this.#methods].filter((other) => this.#router.find(other, path) !== null) }
  }
}
