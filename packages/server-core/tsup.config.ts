import { defineConfig } from 'tsup'
import { library, yargs } from '../../tsup.shared.js'

export default defineConfig([
  library({
    index: 'src/index.ts',
    cli: 'src/cli.ts',
    thread: 'src/strategies/thread.ts',
    testing: 'src/testing/index.ts',
  }),
  yargs(),
])
