import { defineConfig } from 'tsup'
import { library } from '../../tsup.shared.js'

// Whatever it travels inside of bundles the checks of options too, once for both.
export default defineConfig({ ...library({ index: 'src/index.ts' }), noExternal: [], external: ['@hs/options'] })
