import { defineConfig } from 'tsup'
import { library, yargs } from '../../tsup.shared.js'

export default defineConfig([
  {
    ...library({ index: 'src/index.ts', bin: 'src/bin.ts' }),
    minifyWhitespace: true,
    // Explanations are a document that travels as a text.
    loader: { '.md': 'text' },
    // What the workspace publishes stays a dependency; only its private parts travel along.
    external: ['@hs/protocol'],
  },
  yargs(),
])
