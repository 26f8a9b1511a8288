/**
 * The door for checking payloads at the edge: compiled validators for the schemas that `Type` makes, or any JSON Schema. A door of its own, so that the
 * validator is loaded by whoever checks something and by nobody else; `@bot/core` itself loads it when a bot starts.
 *
 * @module
 */
export { Compile } from 'typebox/compile'
export { Check } from 'typebox/schema'
