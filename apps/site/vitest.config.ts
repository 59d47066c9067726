import { defineConfig } from 'vitest/config'

/** Only a machine that hangs should reach these limits. */
export default defineConfig({ test: { name: '@hs/site', testTimeout: 120_000, hookTimeout: 240_000 } })
