import type { Static, TObject, TProperties } from 'typebox'

import type { CommandContext, CommandDefinition, CommandResult } from '../contract/plugin.ts'

/** The type of `args` that a command's schemas make: the positional arguments and the options in one object. */
export type ArgumentsOf<Args extends TProperties, Options extends TProperties> = Static<TObject<Args>> & Static<TObject<Options>>

/** What `command` takes: a {@link CommandDefinition} whose schemas are TypeBox's. */
export interface TypedCommand<Args extends TProperties, Options extends TProperties> extends Omit<
  CommandDefinition,
  'args' | 'options' | 'run'
> {
  readonly args?: Args
  readonly options?: Options
  run(context: CommandContext<ArgumentsOf<Args, Options>>): CommandResult | Promise<CommandResult>
}

/* eslint-disable @typescript-eslint/no-empty-object-type -- the type of no properties at all */
/**
 * Declares a command; the types of `args` in `run` follow from the schemas. An argument is required unless it is `Type.Optional` or has a default;
 * an option `Type.Boolean()` is a flag and false where it is not given.
 */
export function command<Args extends TProperties = {}, Options extends TProperties = {}>(
  definition: TypedCommand<Args, Options>,
): CommandDefinition<ArgumentsOf<Args, Options>> {
  return definition
}
