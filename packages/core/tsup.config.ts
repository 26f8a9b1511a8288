import { createTsupConfig } from '../../tsup.config.ts'

// Bundled, because importing their many files costs 150 ms. The declarations still refer to typebox, so it stays a dependency.
export default createTsupConfig({ noExternal: ['typebox', 'marked', 're2js'] })
