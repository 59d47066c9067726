import { defineConfig } from 'tsup'
import { browser, library, yargs } from '../../tsup.shared.js'

export default defineConfig([
  {
    ...library({ index: 'src/index.ts', cli: 'src/cli.ts', bin: 'src/bin.ts' }),
    // Optional, and so not external by itself.
    external: ['@hs/transport-linux'],
  },
  browser({ page: 'src/page/page.ts', style: 'src/page/style.css' }),
  yargs(),
])
