import type { Action } from '../contract/content.ts'
import type { ActionEvent, Json, Message } from '../contract/events.ts'
import type { Store, Write } from '../contract/store.ts'
import { choicesOf, type Choice } from '../content/choices.ts'
import { laneOf } from './payload.ts'

/*
 * The fall-back for buttons on networks that have none: the choices were sent as numbered lines, and a message that is such a number is taken for a press. The
 * newest message with choices in a conversation is meant.
 */

const NAMESPACE = 'core/choices'
/** How long a number is understood after the choices were shown. */
const VALID_MS = 24 * 60 * 60 * 1000

interface Offer {
  readonly messageId: string
  readonly choices: readonly Choice[]
}

/** What is to be remembered when a message with actions went to a network without buttons. */
export function offerChoices(lane: string, messageId: string, actions: readonly Action[], now: number): readonly Write[] {
  const choices = choicesOf(actions)
  if (choices.length === 0) return []
  const offer: Offer = { messageId, choices }
  return [{ op: 'kv.put', ns: NAMESPACE, key: lane, value: offer as unknown as Json, expiresAt: now + VALID_MS }]
}

/** The press that a message stands for, or undefined when it is an ordinary one. */
export async function pressOf(store: Store, message: Message): Promise<ActionEvent | undefined> {
  if (!/^[1-9]\d?$/.test(message.body.trim())) return undefined
  const to = message.to.kind === 'room' ? message.to : message.from
  const offer = (await store.get(NAMESPACE, laneOf(to, message.from))) as unknown as Offer | undefined
  const choice = offer?.choices[Number(message.body) - 1]
  if (offer === undefined || choice === undefined) return undefined
  const { id, from, thread } = message
  return {
    kind: 'action',
    id,
    from,
    to: message.to,
    messageId: offer.messageId,
    action: choice.action,
    ...(choice.value === undefined ? {} : { value: choice.value }),
    ...(thread === undefined ? {} : { thread }),
  }
}
