/** The files of a new application, by path. */
export function templates(name: string, version: string): Readonly<Record<string, string>> {
  return {
    'package.json': packageJson(name, version),
    'bot.config.ts': config(name),
    'plugins/hello.ts': plugin,
    '.env.example': environment,
    '.gitignore': 'node_modules/\ndata/\n.env\n*.pem\n',
    'README.md': readme(name),
  }
}

function packageJson(name: string, version: string): string {
  const content = {
    name,
    private: true,
    type: 'module',
    engines: { node: '>=22.19' },
    scripts: { start: 'bot start', doctor: 'bot doctor' },
    // Backends have version numbers of their own; npm writes what it took into the lock file.
    dependencies: { '@bot/backend-web': 'latest', '@bot/core': `^${version}` },
  }
  return `${JSON.stringify(content, undefined, 2)}\n`
}

function config(name: string): string {
  return `import { defineConfig } from '@bot/core'

export default defineConfig({
  name: '${name}',
  prefix: '!',
  backends: {
    // A chat page on http://127.0.0.1:3000, for you and for trying things. "web" is the permanent name of this instance.
    web: { use: 'web', port: 3000 },
  },
  plugins: {
    // What lies in the folder plugins runs by itself; \`hello: false\` would switch it off.
  },
})
`
}

const plugin = `import { definePlugin } from '@bot/core'

export default definePlugin({
  name: 'hello',
  description: 'A first plugin',
  commands: {
    hello: {
      description: 'Greets you',
      usage: '[name]',
      run: ({ text, from }) => \`Hello, \${text || (from.displayName ?? from.nick ?? 'you')}!\`,
    },
  },
})
`

const environment = `# Copy this file to .env and put secrets there. The configuration refers to them: { env: 'NAME' }.
# EXAMPLE_TOKEN=
`

function readme(name: string): string {
  return `# ${name}

    npm install
    npm start

Then open http://127.0.0.1:3000 and type \`!hello\`. Commands live in \`plugins\`, settings in \`bot.config.ts\`, secrets in \`.env\`.

- \`npx bot doctor\` looks for what is wrong and says what to do.
- \`npx bot list\` shows what is installed and what it can.
- \`npx bot --help\` shows the rest.
`
}
