import { defineProject } from 'vitest/config'

export default defineProject({
  // The build puts it in; tests read the sources.
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    // Each of these tests runs programs that need the machine to themselves.
    maxConcurrency: 3,
  },
})
