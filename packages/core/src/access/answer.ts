/*
 * Reads what somebody answers to a request for approval. Approving takes one of a few texts and nothing around it; denying is understood more freely; everything else
 * is neither. So no denial, no question and no half sentence can be read as an approval.
 */

const APPROVALS: ReadonlySet<string> = new Set([
  'approve',
  'approved',
  'i approve',
  'yes, approve',
  'yes, approved',
  // German
  'genehmigt',
  'genehmigen',
  'freigegeben',
  'freigeben',
  'ja, genehmigt',
  'ja, freigegeben',
  // French
  'approuvé',
  'approuver',
  "j'approuve",
  'oui, approuvé',
])

const DENIALS: ReadonlySet<string> = new Set([
  'no',
  'nope',
  'nah',
  'never',
  'no way',
  'not ok',
  'not okay',
  'not approved',
  'not now',
  "don't",
  'do not',
  "don't approve",
  'do not approve',
  "i don't approve",
  'i do not approve',
  'deny',
  'denied',
  'i deny',
  'reject',
  'rejected',
  'decline',
  'declined',
  'refuse',
  'refused',
  'veto',
  'stop',
  'cancel',
  'abort',
  '👎',
  // German
  'nein',
  'nicht',
  'niemals',
  'nicht ok',
  'nicht genehmigt',
  'nicht genehmigen',
  'nicht freigeben',
  'abgelehnt',
  'ablehnen',
  'stopp',
  'abbrechen',
  // French
  'non',
  'jamais',
  'pas ok',
  'pas approuvé',
  'non approuvé',
  "je n'approuve pas",
  "n'approuve pas",
  'refuser',
  'refusé',
  'rejeter',
  'rejeté',
  'annuler',
])

/** A word that denies, with a reason set apart: "no, wait for Bob", but not "no problem" or "No. 1". */
const DENIAL_WITH_REASON = /^(?:no|nope|nein|non|deny|denied|rejected|abgelehnt|refusé)(?:[,;:!]| [–—-] )/u
const APPROVING = /\b(?:yes|yeah|yep|ok|okay|ja|oui|sure|approv|genehmig|freigeb|freigegeb|approuv)/u

/** What a text answers, or undefined where that is not certain. */
export function parseAnswer(text: string): 'approve' | 'deny' | undefined {
  const plain = text
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/[ \t]+/g, ' ')
  if (plain.includes('?')) return undefined
  const words = plain.replace(/ ?[.!]+$/, '')
  if (APPROVALS.has(words)) return 'approve'
  if (DENIALS.has(words)) return 'deny'
  return DENIAL_WITH_REASON.test(plain) && !APPROVING.test(plain) ? 'deny' : undefined
}
