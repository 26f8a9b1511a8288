/**
 * The door for people who write bots and plugins. Implementors of backends, sinks and stores use `@bot/core/backend`.
 *
 * @module
 */
export { createBot, type Bot, type BotStatus } from './bot.ts'
export type { BotLimits, BotOptions } from './bot-options.ts'
export { defineConfig } from './config/define.ts'
export { Deliveries, type Delivery, type DeliveryQuery } from './deliveries.ts'
export { md, mention, text } from './content/md.ts'
export { definePlugin } from './plugins/define.ts'
export { systemClock } from './environment/clock.ts'
export { createLogger, silentLogger } from './environment/log.ts'
export { Redactor } from './environment/redact.ts'
export { systemRandom } from './environment/random.ts'
export * from './contract/backend.ts'
export * from './contract/content.ts'
export * from './contract/environment.ts'
export * from './contract/errors.ts'
export * from './contract/events.ts'
export * from './contract/identifier.ts'
export * from './contract/module.ts'
export * from './contract/plugin.ts'
export * from './contract/room.ts'
export * from './contract/store.ts'
export { Type, type Static, type TSchema } from 'typebox'
