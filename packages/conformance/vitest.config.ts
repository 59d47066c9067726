import { defineProject } from 'vitest/config'

export default defineProject({
  plugins: [
    {
      // As the build does (tsup.config.ts): explanations are a document that travels as a text.
      name: 'markdown-is-text',
      transform: (code, id) => (id.endsWith('.md') ? `export default ${JSON.stringify(code)}` : undefined),
    },
  ],
  // The build puts it in; tests read the sources.
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    // Most of these tests wait most of the time.
    maxConcurrency: 5,
  },
})
