import { defineProject } from 'vitest/config'

export default defineProject({
  // The build puts it in; tests read the sources.
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    // Most of these tests wait most of the time.
    maxConcurrency: 5,
  },
})
