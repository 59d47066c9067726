import { defineConfig } from 'vitest/config'
import { CountReporter } from '../vitest.workspace.js'

/** What `npx pnpm rehearse` runs. Only a machine that hangs should reach these limits. */
export default defineConfig({
  test: {
    dir: 'release',
    // Tests of a user of ours, which other runners run.
    exclude: ['**/node_modules/**', '**/consumer/**'],
    reporters: ['default', new CountReporter()],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Left to itself, vitest keeps a core for itself: on two, one file at a time, most of which wait for processes.
    maxWorkers: '100%',
    // The tests of a rehearsal are its acts: what comes after a failure makes no sense.
    bail: 1,
  },
})
