import { defineConfig } from 'tsup'
import { library } from '../../tsup.shared.js'

export default defineConfig({
  ...library({ index: 'src/index.ts', bin: 'src/bin.ts' }),
  // What the workspace publishes stays a dependency; only its private parts travel along.
  external: ['@hs/protocol'],
})
