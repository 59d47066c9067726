import { defineConfig } from 'tsup'
import { bundled, library } from '../../tsup.shared.js'

export default defineConfig([
  library({ index: 'src/index.ts', cli: 'src/cli.ts', gate: 'src/gate/gate.ts', metrics: 'src/metrics/index.ts' }),
  // prom-client with everything that it needs: installing this package fetches no third parties.
  bundled('prom', 'src/metrics/prom.ts'),
])
