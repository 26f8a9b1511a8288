import { BotError } from './errors.ts'
import type { Identifier, Person, Room, RoomOccupant } from './identifier.ts'

export interface JoinOptions {
  /** The name to appear under, where the network lets a room have its own. */
  readonly nick?: string
  readonly password?: string
}

export interface CreateOptions {
  readonly topic?: string
  readonly private?: boolean
}

/**
 * A room that can be acted on. A backend inherits and overrides what its network can; the rest rejects with `BACKEND_UNSUPPORTED`. The room
 * abilities shown to everyone are the overridden methods (see `abilitiesOf`).
 *
 * Every method resolves when the network has confirmed, and rejects with `ROOM_NOT_FOUND`, `ROOM_NOT_JOINED`, `ROOM_REFUSED`,
 * `BACKEND_NOT_CONNECTED` or `BACKEND_UNAVAILABLE`.
 */
export class MUCRoom {
  /** The room's address: what messages are sent to, what is stored and compared. */
  readonly identifier: Room

  constructor(identifier: Room) {
    this.identifier = identifier
  }

  /** Enters the room, creating it first where it is missing. Does nothing when already inside. */
  join(_options?: JoinOptions): Promise<void> {
    return this.unsupported('join')
  }

  leave(_reason?: string): Promise<void> {
    return this.unsupported('leave')
  }

  /** Does nothing when the room exists. */
  create(_options?: CreateOptions): Promise<void> {
    return this.unsupported('create')
  }

  /** Does nothing when the room does not exist. */
  destroy(): Promise<void> {
    return this.unsupported('destroy')
  }

  exists(): Promise<boolean> {
    return this.unsupported('exists')
  }

  /** Whether the bot is inside. */
  joined(): Promise<boolean> {
    return this.unsupported('joined')
  }

  /** The topic, or undefined where none is set. */
  topic(): Promise<string | undefined> {
    return this.unsupported('topic')
  }

  setTopic(_topic: string): Promise<void> {
    return this.unsupported('setTopic')
  }

  occupants(): Promise<readonly RoomOccupant[]> {
    return this.unsupported('occupants')
  }

  invite(..._people: readonly Person[]): Promise<void> {
    return this.unsupported('invite')
  }

  kick(_who: Identifier, _reason?: string): Promise<void> {
    return this.unsupported('kick')
  }

  toString(): string {
    return this.identifier.id
  }

  private unsupported(method: string): Promise<never> {
    return Promise.reject(new BotError('BACKEND_UNSUPPORTED', `Rooms of "${this.identifier.instance}" cannot do "${method}".`))
  }
}

/** The room operations an ability can name. */
export const ROOM_METHODS = [
  'join',
  'leave',
  'create',
  'destroy',
  'exists',
  'joined',
  'topic',
  'setTopic',
  'occupants',
  'invite',
  'kick',
] as const satisfies readonly (keyof MUCRoom)[]

export type RoomMethod = (typeof ROOM_METHODS)[number]
