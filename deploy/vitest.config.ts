import { defineConfig } from 'vitest/config'
import { CountReporter } from '../vitest.workspace.js'

/** What `npx pnpm operate` runs: the recipes of docs/operating.md with the real programs. Takes minutes. */
export default defineConfig({
  test: {
    dir: 'deploy/test',
    reporters: ['default', new CountReporter()],
    // The longest test restarts a server this many times.
    testTimeout: 30_000 * Number(process.env.RESTARTS ?? 10),
    hookTimeout: 60_000,
    // Restarts under load need the machine to themselves.
    fileParallelism: false,
  },
})
