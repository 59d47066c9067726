import { defineConfig } from 'tsup'
import { library, program, yargs } from '../../tsup.shared.js'

export default defineConfig([
  library({ index: 'src/index.ts', cli: 'src/cli.ts' }),
  ...program('bin', 'src/bin.ts'),
  yargs(),
])
