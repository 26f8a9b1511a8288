import { defineConfig } from 'vitest/config'

// A glob, never a list. Vitest ignores this file name unless `--config` names it: the scripts do, and a repository test asserts it.
export default defineConfig({
  test: {
    projects: ['packages/*', 'examples/*', { test: { name: 'repository', include: ['test/**/*.test.ts'] } }],
  },
})
