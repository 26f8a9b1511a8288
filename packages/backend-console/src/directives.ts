import { BotError } from '@bot/core/backend'
import type { Session } from './session.ts'

export interface Directive {
  readonly name: string
  /** What follows the name, for people: `N TEXT`. */
  readonly takes: string
  readonly help: string
  /** What Tab offers after it. */
  readonly completes?: 'person' | 'room' | 'path'
  run(session: Session, rest: string): Promise<void> | void
}

const directives: readonly Directive[] = [
  { name: 'as', takes: 'NAME', help: 'be another person', completes: 'person', run: (session, name) => session.become(name) },
  {
    name: 'in',
    takes: '#ROOM',
    help: 'speak in a room, made where it is new',
    completes: 'room',
    run: (session, room) => session.enter(room),
  },
  { name: 'to', takes: '', help: 'speak with the bot in private; also /direct', run: (session) => session.goPrivate() },
  { name: 'direct', takes: '', help: 'the same as /to', run: (session) => session.goPrivate() },
  { name: 'leave', takes: '[#ROOM]', help: 'leave a room', completes: 'room', run: (session, room) => session.leave(room) },
  { name: 'topic', takes: 'TEXT', help: 'set the topic of the room', run: (session, topic) => session.setTopic(topic) },
  { name: 'rooms', takes: '', help: 'the rooms there are', run: listRooms },
  { name: 'people', takes: '', help: 'the people there are', run: listPeople },
  { name: 'who', takes: '', help: 'who you are and who is here', run: listPresent },
  { name: 'reply', takes: 'N TEXT', help: 'answer message N', run: (session, rest) => session.reply(...headAndText(rest, 'reply N TEXT')) },
  {
    name: 'react',
    takes: 'N EMOJI',
    help: 'react to message N; again to undo',
    run: (session, rest) => session.react(...headAndText(rest, 'react N EMOJI')),
  },
  {
    name: 'edit',
    takes: 'N TEXT',
    help: 'change your message N',
    run: (session, rest) => session.edit(...headAndText(rest, 'edit N TEXT')),
  },
  { name: 'delete', takes: 'N', help: 'delete your message N', run: (session, number) => session.delete(number) },
  {
    name: 'press',
    takes: 'N K',
    help: 'press button K of message N',
    run: (session, rest) => session.press(...headAndText(rest, 'press N K')),
  },
  { name: 'file', takes: 'PATH', help: 'send a file', completes: 'path', run: (session, path) => session.sendFile(path) },
  { name: 'help', takes: '', help: 'this list', run: (session) => session.note(helpText()) },
  { name: 'quit', takes: '', help: 'stop the bot; also Ctrl-D, Ctrl-C', run: (session) => session.end() },
]

export { directives }

/** Does what a line beginning with a slash says, or says the text. Rejects with a `BotError` whose message is for the person. */
export async function take(session: Session, text: string): Promise<void> {
  if (!text.startsWith('/')) return session.say(text)
  if (text.startsWith('//')) return session.say(text.slice(1))
  const [, name = '', rest = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? []
  const directive = directives.find((one) => one.name === name)
  if (directive === undefined) {
    throw new BotError(
      'BOT_USAGE',
      `There is no /${name}; /help lists what there is. To say a text that starts with a slash, type //${name}.`,
    )
  }
  const argument = rest.trim()
  if (argument === '' && directive.takes !== '' && !directive.takes.startsWith('[')) throw usage(`${name} ${directive.takes}`)
  await directive.run(session, argument)
}

function headAndText(rest: string, form: string): [string, string] {
  const [, head = '', text = ''] = /^(\S*)\s*([\s\S]*)$/.exec(rest) ?? []
  if (text === '') throw usage(form)
  return [head, text]
}

function usage(form: string): BotError {
  return new BotError('BOT_USAGE', `Type it like this: /${form}`)
}

function helpText(): string {
  const forms = directives.map(({ name, takes }) => `/${name} ${takes}`.trimEnd())
  const width = Math.max(...forms.map((form) => form.length))
  const lines = directives.map(({ help }, index) => `${(forms[index] as string).padEnd(width)}  ${help}`)
  const more = [
    'N is the number in front of a message. //text says a text that starts with a slash.',
    'A line that ends in \\ goes on in the next; so does everything between ``` and ```.',
  ]
  return ['Directives of the terminal:', ...lines, ...more].join('\n')
}

function listRooms(session: Session): Promise<void> {
  const { directory } = session
  const lines = directory.roomNames.map((room) => {
    const topic = directory.topic(room)
    return `#${room} (${directory.inside(room).length} inside)${topic === undefined ? '' : `: ${topic}`}`
  })
  return session.note(lines.length === 0 ? 'There is no room; /in #room makes one.' : lines.join('\n'))
}

function listPeople(session: Session): Promise<void> {
  const { directory } = session
  const people = directory.people.map((name) => (name === session.who ? `${name} (you)` : name))
  return session.note([...people, `${directory.botName} (the bot)`].join('\n'))
}

function listPresent(session: Session): Promise<void> {
  const { directory, who, place } = session
  if (place.kind === 'private') return session.note(`You are ${who}, in private with ${directory.botName}.`)
  return session.note(`You are ${who} in #${place.room}. Inside: ${directory.inside(place.room).join(', ')}.`)
}
