import { BotError, MUCRoom, type CreateOptions, type Identifier, type JoinOptions, type Person, type RoomOccupant } from '@bot/core/backend'
import type { Directory } from './directory.ts'

/** A room of the terminal. All handles on a room share one state, which stands in the directory. */
export class ConsoleRoom extends MUCRoom {
  readonly #directory: Directory
  readonly #name: string

  constructor(directory: Directory, name: string) {
    super(directory.room(name))
    this.#directory = directory
    this.#name = name
  }

  override async join(_options?: JoinOptions): Promise<void> {
    await this.create()
    if (await this.joined()) return
    await this.#directory.enter(this.#name, this.#directory.botName)
    this.#directory.note(`${this.#directory.botName} is in #${this.#name}`)
  }

  override async leave(reason?: string): Promise<void> {
    if (!(await this.#directory.exit(this.#name, this.#directory.botName))) throw this.#notJoined('leave')
    this.#directory.note(`${this.#directory.botName} has left #${this.#name}${because(reason)}`)
  }

  override async create(options?: CreateOptions): Promise<void> {
    await this.#directory.create(this.#name, options?.topic)
  }

  override destroy(): Promise<void> {
    return this.#directory.destroy(this.#name)
  }

  override exists(): Promise<boolean> {
    return Promise.resolve(this.#directory.has(this.#name))
  }

  override joined(): Promise<boolean> {
    return Promise.resolve(this.#directory.isInside(this.#name, this.#directory.botName))
  }

  // The three below are async so that a room that is not there is a rejection, never a throw.
  override async topic(): Promise<string | undefined> {
    return this.#directory.topic(this.#name)
  }

  override async setTopic(topic: string): Promise<void> {
    await this.#directory.setTopic(this.#name, topic, this.#me())
    this.#directory.note(`the topic of #${this.#name} is now: ${topic}`)
  }

  override async occupants(): Promise<readonly RoomOccupant[]> {
    return this.#directory.inside(this.#name).map((name) => this.#directory.occupant(this.#name, name))
  }

  override async invite(...people: readonly Person[]): Promise<void> {
    for (const { person } of people) {
      await this.#directory.enter(this.#name, person, this.#me())
      this.#directory.note(`${this.#directory.botName} has invited ${person} into #${this.#name}`)
    }
  }

  override async kick(who: Identifier, reason?: string): Promise<void> {
    if (who.kind === 'room') throw new BotError('ROOM_REFUSED', `${who.id} is a room; only people can be put out of #${this.#name}.`)
    const name = who.kind === 'person' ? who.person : who.occupant
    if (!(await this.#directory.exit(this.#name, name, this.#me()))) {
      throw new BotError('ROOM_REFUSED', `${name} is not in #${this.#name}, so there is nobody to kick.`)
    }
    this.#directory.note(`${this.#directory.botName} has put ${name} out of #${this.#name}${because(reason)}`)
  }

  #me(): RoomOccupant {
    return this.#directory.occupant(this.#name, this.#directory.botName)
  }

  #notJoined(what: string): BotError {
    return new BotError('ROOM_NOT_JOINED', `The bot cannot ${what} #${this.#name}: it is not inside.`)
  }
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : `: ${reason}`
}
