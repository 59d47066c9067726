import { defineConfig } from 'tsup'
import { browser, library, yargs } from '../../tsup.shared.js'

export default defineConfig([
  library({ index: 'src/index.ts', bin: 'src/bin.ts', 'lane-server': 'src/servers/lane-server.ts' }),
  browser({ app: 'src/page/app.tsx', style: 'src/page/style.css' }),
  yargs(),
])
