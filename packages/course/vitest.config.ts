import { defineConfig } from 'vitest/config'

/** Only a machine that hangs should reach these limits. */
export default defineConfig({
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    name: '@hs/course',
    testTimeout: 240_000,
    hookTimeout: 400_000,
  },
})
