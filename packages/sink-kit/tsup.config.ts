import { createTsupConfig } from '../../tsup.config.ts'

// Only making a certificate needs it; bundled behind its dynamic import, it adds no package and no time to a start.
export default createTsupConfig({ noExternal: [/^@peculiar\//] })
