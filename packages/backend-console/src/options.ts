import { Type, type Static } from '@bot/core/backend'

/** What a person or a room may be called: nothing that would be a sigil, a separator, a space or a control character. */
export const NAME_PATTERN = '[^\\s@#/:\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]{1,64}'

const personName = { pattern: `^${NAME_PATTERN}$` }

export const optionsSchema = Type.Object(
  {
    user: Type.String({ ...personName, default: 'alice', description: 'Who sits at the terminal at first; `/as` changes it.' }),
    botName: Type.String({ ...personName, default: 'bot', description: "The bot's own name." }),
    rooms: Type.Array(Type.String({ pattern: `^#?${NAME_PATTERN}$` }), {
      default: ['lobby'],
      description:
        'Rooms there are from the start, with the bot inside. The user begins in the first one, or in private where there is none.',
    }),
    plain: Type.Optional(
      Type.Boolean({
        env: 'BOT_PLAIN',
        description: 'No colours, no prompt, no cursor movement. Default: whenever input or output is not a terminal.',
      }),
    ),
    color: Type.Optional(
      Type.Boolean({
        description: 'Colours and hyperlinks. Default: where the terminal has them and `NO_COLOR` is not set. Never when plain.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** The options of a console instance in the configuration. */
export type ConsoleOptions = Static<typeof optionsSchema>
