import { defineConfig } from 'vitest/config'

/** Only a machine that hangs should reach these limits. */
export default defineConfig({
  test: {
    name: '@hs/live',
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
