import { defineConfig } from 'tsup'
import { bundle, yargs } from '../../tsup.shared.js'

export default defineConfig([
  {
    ...bundle({ 'hs-course': 'src/bin.ts' }),
    loader: { '.css': 'text', '.sh': 'text', '.yml': 'text', '.txt': 'text' },
  },
  yargs(),
])
