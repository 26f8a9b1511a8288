/**
 * What a sink is made of: the request handler base, the HTTPS listener it stands on, and certificates. The default export is the listener
 * `https`, which the core finds by this package's manifest.
 *
 * @module
 */
export { httpsListener as default, type ListenerOptions } from './module.ts'
export { AsyncRequestHandler, conversationIn, type SendDataOptions, type SinkQuery } from './async-request-handler.ts'
export { BaseBotRequestHandler } from './base-bot-request-handler.ts'
export { SinkRouter, type SinkRequest, type SinkRoute } from './router.ts'
export { EchoSinkOptions, SinkListenOptions } from './sink-options.ts'
export { AuthOptions, createAuthenticator, type Authenticator } from './auth.ts'
export { openListener, type ListenOptions, type ListenerServices } from './listener.ts'
export { DEFAULT_LIMITS, type ListenerLimits } from './limits.ts'
export { asFetchHandler, createFetchListener, type FetchListener, type FetchListenerOptions, type FetchMount } from './fetch-listener.ts'
export { generateCertificate, type CertificateRequest, type GeneratedCertificate } from './generate-certificate.ts'
export { certificateCheck, generateCertificateCommand } from './certificate-commands.ts'
export { problem, type ProblemOptions } from './problem.ts'
export { refusesBrowsers } from './browsers.ts'
export { parseJson } from './json.ts'
export { MAX_IMAGE_BYTES, readImage, type Image } from './image.ts'
