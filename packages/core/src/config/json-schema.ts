/** The part of JSON Schema that is read to fill in options and to explain what is wrong with them. Checking itself is TypeBox's. */
export interface JsonSchema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  /** Our annotation: masked everywhere. */
  readonly secret?: boolean
  /** Our annotation: the environment variable read where the option is left out. */
  readonly env?: string
  /** Our annotation: what is allowed, in words, where the schema alone would read badly. */
  readonly allowed?: string
}

export type Fields = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The schema behind a reference within its own document. */
export function deref(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema
  // A reference to a reference to itself would never end; nobody nests them this deep on purpose.
  for (let depth = 0; current.$ref?.startsWith('#/') === true && depth < 20; depth++) {
    let target: unknown = root
    for (const part of current.$ref.slice(2).split('/')) {
      target = isObject(target) ? target[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
    }
    if (!isObject(target)) return {}
    current = target
  }
  return current
}

export function alternatives(schema: JsonSchema): readonly JsonSchema[] | undefined {
  return schema.anyOf ?? schema.oneOf
}

/** Whether an object is what the schema wants, so that `{ env: … }` is meant as it stands. */
export function wantsObject(schema: JsonSchema, root: JsonSchema): boolean {
  const branches = alternatives(schema)
  if (branches !== undefined) return branches.every((branch) => wantsObject(deref(branch, root), root))
  return schema.type === 'object' || schema.properties !== undefined
}

/** The schema of one key of an object: false where the key is not allowed. */
export function schemaOfKey(schema: JsonSchema, key: string): JsonSchema | false {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key] ?? {}
  for (const [pattern, sub] of Object.entries(schema.patternProperties ?? {})) {
    if (new RegExp(pattern, 'u').test(key)) return sub
  }
  if (schema.additionalProperties === false) return false
  return isObject(schema.additionalProperties) ? schema.additionalProperties : {}
}

/** The schema of one item of a list. */
export function schemaOfItem(schema: JsonSchema, index: number): JsonSchema {
  if (schema.items === undefined) return {}
  return 'length' in schema.items ? (schema.items[index] ?? {}) : schema.items
}

/** Whether what stands here is a secret, in any of its alternatives. */
export function isSecret(schema: JsonSchema, root: JsonSchema): boolean {
  return schema.secret === true || (alternatives(schema)?.some((branch) => isSecret(deref(branch, root), root)) ?? false)
}

/**
 * The alternative a value was probably written for: the one whose fixed keys (`type: 'token'`) it carries, else the only one of the value's own
 * type. Undefined where that does not tell.
 */
export function likelyBranch(branches: readonly JsonSchema[], value: unknown, root: JsonSchema): JsonSchema | undefined {
  const resolved = branches.map((branch) => deref(branch, root))
  const sameType = resolved.filter((branch) => isTyped(branch, value))
  if (!isObject(value)) return sameType.length === 1 ? sameType[0] : undefined
  const fixed = (branch: JsonSchema): [string, JsonSchema][] => Object.entries(branch.properties ?? {}).filter(([, sub]) => 'const' in sub)
  const named = sameType.filter((branch) => fixed(branch).length > 0 && fixed(branch).every(([key, sub]) => value[key] === sub.const))
  if (named.length === 1) return named[0]
  return sameType.length === 1 && fixed(sameType[0] ?? {}).length === 0 ? sameType[0] : undefined
}

function isTyped(schema: JsonSchema, value: unknown): boolean {
  if ('const' in schema || schema.enum !== undefined) return false
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  const own = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  return types.some((type) => type === own || (type === 'integer' && own === 'number'))
}

/** What a schema allows, in words. */
export function describe(schema: JsonSchema, root: JsonSchema): string {
  const at = deref(schema, root)
  if (at.allowed !== undefined) return at.allowed
  const branches = alternatives(at)
  if (branches !== undefined) return [...new Set(branches.map((branch) => describe(branch, root)))].join(', or ')
  if ('const' in at) return JSON.stringify(at.const)
  if (at.enum !== undefined) return at.enum.map((item) => JSON.stringify(item)).join(', or ')
  if (Array.isArray(at.type)) return (at.type as string[]).map((type) => describe({ ...at, type }, root)).join(', or ')
  switch (at.type) {
    case 'string':
      return `a text${lengthOf(at.minLength, at.maxLength, 'characters')}${at.format === undefined ? '' : ` in the form of a ${at.format}`}${at.pattern === undefined ? '' : ` that matches /${at.pattern}/`}`
    case 'integer':
      return `a whole number${range(at)}`
    case 'number':
      return `a number${range(at)}`
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'array':
      return `a list${lengthOf(at.minItems, at.maxItems, 'items')}${isObject(at.items) ? ` of: ${describe(at.items, root)}` : ''}`
    case 'object':
      return describeObject(at)
    default:
      return 'something else'
  }
}

function describeObject(schema: JsonSchema): string {
  const keys = Object.entries(schema.properties ?? {}).map(([key, sub]) => ('const' in sub ? `${key}: ${JSON.stringify(sub.const)}` : key))
  return keys.length === 0 ? 'an object' : `an object { ${keys.join(', ')} }`
}

function range({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

function lengthOf(least: number | undefined, most: number | undefined, unit: string): string {
  if (least !== undefined && most !== undefined) return ` of ${least} to ${most} ${unit}`
  if (least !== undefined) return ` of at least ${least} ${least === 1 ? unit.replace(/s$/, '') : unit}`
  return most === undefined ? '' : ` of at most ${most} ${unit}`
}
