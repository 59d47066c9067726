import { defineConfig } from 'vitest/config'

/**
 * Tests with a browser, and those that wait for many real clients, are of the nightly run (`HS_NIGHTLY=1`). Only a machine
 * that hangs should reach these limits.
 */
const NIGHTLY = ['test/page.test.ts', 'test/session.test.ts']

export default defineConfig({
  test: {
    name: '@hs/live',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    exclude: ['**/node_modules/**', ...(process.env.HS_NIGHTLY ? [] : NIGHTLY)],
  },
})
