import { defineConfig } from 'vitest/config'

/** Some of these tests start servers and a browser; only a machine that hangs should reach these limits. */
export default defineConfig({ test: { name: '@hs/live', testTimeout: 120_000, hookTimeout: 60_000 } })
