import { BotError } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import type { CommandArguments } from '../contract/plugin.ts'
import { assign, labelOf, mostValues, surplusMessage, type Assignment } from './assign.ts'
import type { Field, Grammar } from './grammar.ts'
import { faultProblem, plainProblem, type Fault, type TypedLine, type UsageProblem } from './problem.ts'
import { loadCompiler, type ReadContext, type Reading } from './readers.ts'

export type Parsed =
  | { readonly ok: true; readonly args: CommandArguments }
  | { readonly ok: false; readonly help: true }
  | { readonly ok: false; readonly help: false; readonly error: UsageProblem }

export interface ParseContext extends ReadContext {
  /** Prefix and name with the space behind, and the usage: for messages. */
  readonly line: Omit<TypedLine, 'text'>
  /** What was answered, by key, when missing arguments were asked for. Counts only where the text gives nothing. */
  readonly answers?: Readonly<Record<string, string>>
}

/**
 * Reads what stands behind a command's name. Resolves to the arguments, to the wish for help, or to what is wrong in words for the one who typed it;
 * rejects only where `resolve` does for another reason than the text, or with `BOT_PLUGIN` where a default is not what its own schema allows.
 */
export async function parseText(grammar: Grammar, text: string, context: ParseContext): Promise<Parsed> {
  if (grammar.isText) return /^\s*(?:--|—)help\s*$/.test(text) ? { ok: false, help: true } : { ok: true, args: {} }
  await loadCompiler()
  const { assignments, fault, help } = assign(grammar, text, context)
  if (help) return { ok: false, help: true }
  const line = { ...context.line, text }
  if (fault !== undefined) return { ok: false, help: false, error: faultProblem(fault, line) }
  const given = new Set(assignments.map(({ field }) => field.key))
  const answers = Object.entries(context.answers ?? {}).flatMap(([key, answer]): readonly Assignment[] => {
    const field = grammar.fields.find((one) => one.key === key)
    // Answers stand nowhere in the line.
    return field === undefined || given.has(key) ? [] : [{ field, text: answer, start: text.length, end: text.length }]
  })
  return finish(grammar, [...assignments, ...answers], context, line)
}

/**
 * Reads arguments that come by name: from a native slash command, a form, or a tool. Texts are read as if typed; numbers and booleans, lists and JSON
 * values count as they are written.
 */
export async function parseFields(
  grammar: Grammar,
  fields: Readonly<Record<string, Json | undefined>>,
  context: ParseContext,
): Promise<Parsed> {
  await loadCompiler()
  const line = { ...context.line, text: '' }
  const assignments: Assignment[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue
    const field = grammar.fields.find((one) => one.key === name || one.name === name)
    if (field === undefined) {
      return { ok: false, help: false, error: plainProblem(`The command has no argument "${name}".`, line) }
    }
    const items = field.many && Array.isArray(value) ? (value as readonly Json[]) : [value]
    if (items.length > mostValues(field)) return { ok: false, help: false, error: plainProblem(surplusMessage(field), line) }
    for (const item of items) {
      assignments.push({ field, text: typeof item === 'string' ? item : JSON.stringify(item), start: 0, end: 0 })
    }
  }
  return finish(grammar, assignments, context, line)
}

async function finish(grammar: Grammar, assignments: readonly Assignment[], context: ReadContext, line: TypedLine): Promise<Parsed> {
  const args: Record<string, unknown> = {}
  for (const assignment of assignments) {
    const { field } = assignment
    const reading = await field.reader.read(assignment.text, context)
    if ('problem' in reading) return { ok: false, help: false, error: problemWith(assignment, reading.problem, line) }
    if (field.many) args[field.key] = [...((args[field.key] as readonly unknown[] | undefined) ?? []), reading.value]
    else args[field.key] = reading.value
  }
  for (const field of grammar.fields) {
    if (Object.hasOwn(args, field.key)) continue
    const value = await defaultOf(field, context)
    if (value !== undefined) args[field.key] = value
  }
  const missing = grammar.fields.filter((field) => isMissing(field, args[field.key]))
  if (missing.length > 0)
    return {
      ok: false,
      help: false,
      error: plainProblem(
        missingMessage(missing),
        line,
        missing.map(({ key }) => key),
      ),
    }
  return { ok: true, args }
}

async function defaultOf(field: Field, context: ReadContext): Promise<unknown> {
  const { default: value } = field.schema
  if (value === undefined) return field.flag ? false : field.many && !field.optional ? [] : undefined
  if (typeof value !== 'string' || field.many) return value
  const reading: Reading = await field.reader.read(value, context)
  if ('value' in reading) return reading.value
  throw new BotError(
    'BOT_PLUGIN',
    `The default of ${labelOf(field)}, ${JSON.stringify(value)}, is not what its schema allows: ${reading.problem}.`,
  )
}

function isMissing(field: Field, value: unknown): boolean {
  if (field.many && Array.isArray(value)) return value.length < (field.schema.minItems ?? 0)
  return field.required && value === undefined
}

function missingMessage(missing: readonly Field[]): string {
  const [first] = missing
  if (missing.length > 1 || first === undefined) return `Some arguments are missing: ${missing.map(labelOf).join(', ')}.`
  const least = first.many ? (first.schema.minItems ?? 1) : 1
  const needed = least > 1 ? `at least ${least} times ${first.reader.allowed}` : first.reader.allowed
  return `The argument ${labelOf(first)} is missing: ${needed}.`
}

function problemWith({ field, text, start, end }: Assignment, allowed: string, line: TypedLine): UsageProblem {
  const found = text.length > 60 ? `a text of ${text.length} characters` : text === '' ? 'nothing' : `"${text}"`
  const message = `${labelOf(field)}: found ${found}; allowed is ${allowed}.`
  const fault: Fault = { message, start, end }
  // What was not typed in the line, but answered or chosen in a form, cannot be pointed at.
  return start === end ? plainProblem(message, line) : faultProblem(fault, line)
}
