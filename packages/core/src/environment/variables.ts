/** The environment variables of this process: the one place that reads them. */
export function environmentVariables(): Readonly<Record<string, string | undefined>> {
  return process.env
}
