import { type Accepted, type HttpResponse } from '@bot/core/backend'
import { AsyncRequestHandler, conversationIn, plainText } from './async-request-handler.ts'
import { type SinkRequest, type SinkRouter } from './router.ts'

/**
 * The base of older sinks: takes a POST to any path and answers 200 `OK` before the post is processed, but never before it is committed. What
 * `processRequest` throws is logged and tried again; the caller does not hear of it.
 */
export class BaseBotRequestHandler extends AsyncRequestHandler {
  override addRoutes(router: SinkRouter): void {
    router.on('POST', '/*', (request) => this.receive(request))
  }

  /** Any path goes; only the default `processRequest` takes its first segment for a conversation. */
  protected override destination(request: SinkRequest): string | undefined {
    return this.processRequest === AsyncRequestHandler.prototype.processRequest ? conversationIn(request.path) : undefined
  }

  protected override async answer(_accepted: Accepted): Promise<HttpResponse> {
    return plainText('OK')
  }
}
