import { defineConfig } from 'tsup'
import { library, program, yargs } from '../../tsup.shared.js'

export default defineConfig([
  // Fetched by each `npx @hs/client`, which may not weigh much; names stay as they are.
  { ...library({ index: 'src/index.ts', cli: 'src/cli.ts' }), minifyWhitespace: true },
  program({ bin: 'src/bin.ts' }),
  yargs(),
])
