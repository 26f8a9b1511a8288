/**
 * A chat page served by the bot itself: a backend for a small team on a private network, and the place to try things.
 *
 * @module
 */
import { CONTRACT, type BackendModule } from '@bot/core/backend'
import { WebBackend } from './backend.ts'
import { webOptions, type WebOptions } from './options.ts'
import { preview } from './preview.ts'

export { WebBackend, type WebOptions }

const web: BackendModule<WebOptions> = {
  kind: 'backend',
  name: 'web',
  contract: CONTRACT,
  options: webOptions,
  create: (options, host) => new WebBackend(options, host),
  preview,
}

export default web
