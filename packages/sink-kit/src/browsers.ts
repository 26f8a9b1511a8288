import { type HttpRequest } from '@bot/core/backend'

/**
 * Whether a request comes from a web page of somebody else's. A mount without authentication on this machine answers such requests 403: any page
 * open in a browser here could send them.
 */
export function refusesBrowsers(request: Pick<HttpRequest, 'headers'>): boolean {
  const site = request.headers['sec-fetch-site']
  return request.headers['origin'] !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin')
}
