import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAnswer } from '../../src/access/answer.ts'

test.each([
  'approve',
  'Approved',
  'APPROVE!',
  ' approve. ',
  'yes, approve',
  'I approve',
  'genehmigt',
  'Ja, freigegeben',
  'approuvé',
  'approuve\u0301',
  'J’approuve',
])('%j approves', (text) => {
  expect(parseAnswer(text)).toBe('approve')
})

test.each([
  'no',
  'No.',
  'no!!!',
  'nope',
  'not ok',
  "don't approve",
  'Don’t approve!',
  'do not approve',
  'not approved',
  'deny',
  'denied',
  'no, wait for Bob',
  'no – the tests are red',
  '👎',
  'Nein',
  'nicht genehmigt',
  'abgelehnt',
  'non',
  'je n’approuve pas',
  'refusé',
])('%j denies', (text) => {
  expect(parseAnswer(text)).toBe('deny')
})

test.each([
  '',
  'yes',
  'ok',
  'ja',
  'oui',
  '👍',
  'lgtm',
  'yes?? no',
  'approve?',
  'deny?',
  'approve, not',
  'approve no',
  'no approve',
  'no, approve',
  'no problem',
  'no-brainer, go ahead',
  'No. 1 priority',
  'approve it when the tests are green',
  'approved by whom',
  'disapprove',
  'I would not approve',
  'never approve this',
  '> approve\nno',
  'approve\nno',
  'аpprove',
  'ａｐｐｒｏｖｅ',
  'approve\u200b',
  'не approve',
])('%j is neither', (text) => {
  expect(parseAnswer(text)).toBeUndefined()
})

const denying = ['no', 'not', 'never', "don't", 'deny', 'reject', 'nein', 'nicht', 'non', 'pas', 'refuse', 'stop', 'cancel']
const others = ['approve', 'approved', 'yes', 'ja', 'oui', 'genehmigt', 'ok', ',', '.', '!', 'please', 'i']

test('nothing with a denying word in it approves', () => {
  const words = fc.array(fc.constantFrom(...denying, ...others), { maxLength: 5 })
  fc.assert(
    fc.property(words, fc.constantFrom(...denying), words, fc.constantFrom(' ', '  ', ', ', '\n'), (before, no, after, between) => {
      expect(parseAnswer([...before, no, ...after].join(between))).not.toBe('approve')
    }),
    { numRuns: 2000 },
  )
})
