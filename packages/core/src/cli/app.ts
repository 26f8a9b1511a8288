import { resolve } from 'node:path'

import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { resolveConfig, type ResolvedConfig } from '../config/resolve.ts'
import { installedExtensions, type Installed } from '../discovery/installed.ts'
import { Redactor } from '../environment/redact.ts'

export interface AppOptions {
  readonly cwd: string
  readonly dir?: string
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The application a command works on. Everything is read when it is first asked for, and secrets are known from then on. */
export class App {
  readonly appDir: string
  env: Readonly<Record<string, string | undefined>>
  readonly redactor = new Redactor()
  readonly #file: string | undefined
  readonly #secrets = new Set<string>()
  #config: Promise<LoadedConfig> | undefined
  #resolved: Promise<ResolvedConfig> | undefined

  constructor({ cwd, dir, file, env }: AppOptions) {
    this.appDir = resolve(cwd, dir ?? '.')
    this.env = env
    this.#file = file === undefined ? undefined : resolve(cwd, file)
  }

  /** Sets a variable as if the shell had, before anything is read. */
  setVariable(name: string, value: string): void {
    this.env = { ...this.env, [name]: value }
  }

  config(): Promise<LoadedConfig> {
    this.#config ??= loadConfig(this.appDir, {
      env: this.env,
      secret: this.secret,
      ...(this.#file === undefined ? {} : { file: this.#file }),
    })
    return this.#config
  }

  resolved(): Promise<ResolvedConfig> {
    this.#resolved ??= this.config().then((config) => resolveConfig(config, this.secret))
    return this.#resolved
  }

  /** What is installed, whether there is a usable configuration or not. */
  async installed(): Promise<Installed> {
    const paths = await this.config().then(
      (config) => config.paths,
      () => [],
    )
    return installedExtensions(this.appDir, paths)
  }

  readonly secret = (value: string): void => {
    this.#secrets.add(value)
    this.redactor.add(value)
  }

  /** A text without secrets; a whole value is masked however short it is. */
  readonly mask = (text: string): string => (this.#secrets.has(text) ? '[secret]' : this.redactor.redact(text))
}
