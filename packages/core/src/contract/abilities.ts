import type { Abilities, Backend } from './backend.ts'
import { MUCRoom, ROOM_METHODS } from './room.ts'

const OPTIONAL_METHODS = [
  'changePresence',
  'queryRoom',
  'rooms',
  'editMessage',
  'deleteMessage',
  'sendEphemeral',
  'sendTyping',
  'addReaction',
  'removeReaction',
  'fetchFile',
  'history',
  'registerCommands',
  'findSent',
] as const satisfies readonly (keyof Backend)[]

/** What a backend can do, computed from what it implements: its features, its optional methods, and what its room class overrides. */
export function abilitiesOf(backend: Backend): Abilities {
  const { roomClass } = backend
  return {
    features: backend.features,
    methods: OPTIONAL_METHODS.filter((method) => typeof backend[method] === 'function'),
    rooms: roomClass === undefined ? [] : ROOM_METHODS.filter((method) => roomClass.prototype[method] !== MUCRoom.prototype[method]),
  }
}
