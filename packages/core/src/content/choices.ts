import type { Action } from '../contract/content.ts'

/** One thing to choose below a message: a button, or an option of a select. */
export interface Choice {
  readonly label: string
  readonly action: string
  readonly value?: string
}

/** The choices below a message, in the order in which they are numbered where a network has no buttons. */
export function choicesOf(actions: readonly Action[]): readonly Choice[] {
  return actions.flatMap((action): readonly Choice[] => {
    if (action.type === 'link') return []
    const { action: name, label } = action
    if (action.type === 'button') return [{ label, action: name, ...(action.value === undefined ? {} : { value: action.value }) }]
    return action.options.map((option) => ({ label: `${label}: ${option.label}`, action: name, value: option.value }))
  })
}
