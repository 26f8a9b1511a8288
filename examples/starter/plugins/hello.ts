import { definePlugin, md, type Json } from '@bot/core'

/** Three commands: one that answers, one that remembers, one with a button. */
export default definePlugin({
  name: 'hello',
  description: 'Three commands to start from.',

  commands: {
    roll: {
      description: 'Rolls dice.',
      usage: '[count]d<sides>',
      run({ text, random }) {
        const dice = /^(\d{0,2})d(\d{1,4})$/.exec(text === '' ? '1d6' : text)
        const count = Number(dice?.[1] || 1)
        const sides = Number(dice?.[2])
        if (dice === null || count < 1 || sides < 2) return md`I roll things like ${'d20'} or ${'2d6'}, not "${text}".`
        const rolls = Array.from({ length: count }, () => 1 + Math.floor(random.float() * sides))
        const sum = rolls.reduce((total, roll) => total + roll, 0)
        return count === 1 ? md`You rolled **${sum}**.` : md`You rolled ${rolls.join(' + ')} = **${sum}**.`
      },
    },

    note: {
      description: 'Keeps a note, or shows the notes.',
      usage: '[text]',
      async run({ text, state, from }) {
        if (text !== '') {
          const note = { text, by: from.nick ?? 'somebody' }
          // Applied when the handler is done, to what is there then: two people who write at once lose nothing.
          await state.update('notes', (notes) => [...asList(notes), note])
          return md`Noted: ${text}`
        }
        const notes = asList(await state.get('notes')) as readonly { readonly text: string; readonly by: string }[]
        if (notes.length === 0) return 'There are no notes yet. `!note buy milk` makes one.'
        return md`${notes.map(({ text, by }) => md`- ${text} — *${by}*`)}`
      },
    },

    status: {
      description: 'Shows how the bot is, with a button.',
      run: () => statusCard(),
    },
  },

  actions: {
    'hello-refresh': () => statusCard(),
  },
})

function statusCard() {
  const minutes = Math.floor(process.uptime() / 60)
  const megabytes = Math.round(process.memoryUsage.rss() / 1024 / 1024)
  return {
    card: {
      title: 'All well',
      color: 'green',
      fields: [
        { name: 'Up for', value: `${minutes} min`, short: true },
        { name: 'Memory', value: `${megabytes} MB`, short: true },
      ],
    },
    actions: [{ type: 'button', action: 'hello-refresh', label: 'Again' } as const],
  }
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
