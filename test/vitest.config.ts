import { defineConfig } from 'vitest/config'

/** These tests start programs, some of them through npx; only a machine that hangs should reach these limits. */
export default defineConfig({
  test: { name: 'repository', testTimeout: 120_000, hookTimeout: 120_000, maxConcurrency: 3 },
})
