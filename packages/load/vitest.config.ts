import { defineConfig } from 'vitest/config'

/** Some of these tests start servers and a browser; only a machine that hangs should reach these limits. */
export default defineConfig({ test: { name: '@hs/load', testTimeout: 30_000, hookTimeout: 30_000 } })
