/**
 * The door for implementors of backends, sinks, stores and listeners: the contracts and their errors, little else. Bot and plugin authors use
 * `@bot/core`.
 *
 * @module
 */
export * from './contract/backend.ts'
export * from './contract/content.ts'
export * from './contract/environment.ts'
export * from './contract/errors.ts'
export * from './contract/events.ts'
export * from './contract/http.ts'
export * from './contract/identifier.ts'
export * from './contract/module.ts'
export * from './contract/room.ts'
export * from './contract/sink.ts'
export * from './contract/store.ts'
export { abilitiesOf } from './contract/abilities.ts'
export { toMarkdown } from './content/format.ts'
export { parseMarkdown } from './content/markdown.ts'
export { safeFileName, sniffMediaType } from './content/media.ts'
export { plainText } from './content/plain.ts'
export { markdownContent, textContent } from './content/input.ts'
/** TypeBox, for the schemas of options and payloads: taken from here it costs no second copy. */
export * as Type from './type.ts'
export type { Static, TSchema } from 'typebox'
