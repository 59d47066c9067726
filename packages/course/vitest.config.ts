import { defineConfig } from 'vitest/config'

/** Tests that compile in six languages, make a root of their own or attack the sandbox are of the nightly run (`HS_NIGHTLY=1`). */
const NIGHTLY = ['test/student.test.ts', 'test/gradescope.test.ts', 'test/hostile.test.ts']

/** Only a machine that hangs should reach these limits. */
export default defineConfig({
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    name: '@hs/course',
    testTimeout: 240_000,
    hookTimeout: 400_000,
    exclude: ['**/node_modules/**', ...(process.env.HS_NIGHTLY ? [] : NIGHTLY)],
  },
})
