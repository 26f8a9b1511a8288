import { Unsafe, type Static, type TSchema, type TString, type TUnsafe } from 'typebox'

/*
 * The TypeBox builders that schemas of options and payloads are made of, as the namespace `Type`. Only these: the rest, with an engine that computes types at run
 * time, is ten times as large, and importing this package would take twice as long. What is missing here can be imported from `typebox`; schemas of both mix.
 */
export {
  Any,
  Array,
  Boolean,
  Enum,
  Integer,
  Intersect,
  Literal,
  Null,
  Number,
  Object,
  Optional,
  String,
  Tuple,
  Union,
  Unknown,
  Unsafe,
} from 'typebox'

/** An object with any keys, which are texts, and values of one kind: what TypeBox's own `Record` makes of them. */
export function Record<V extends TSchema>(_key: TString, value: V, options: object = {}): TUnsafe<{ [key: string]: Static<V> }> {
  return Unsafe<{ [key: string]: Static<V> }>({ ...options, type: 'object', patternProperties: { '^.*$': value } })
}
