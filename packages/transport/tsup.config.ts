import { defineConfig } from 'tsup'
import { library } from '../../tsup.shared.js'

export default defineConfig(
  library({
    index: 'src/index.ts',
    internals: 'src/internals.ts',
    testing: 'src/testing/index.ts',
    adopt: 'src/node/adopt.ts',
  }),
)
