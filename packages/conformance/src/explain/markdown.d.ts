/** Markdown is built in as a text: see tsup.config.ts and vitest.config.ts. */
declare module '*.md' {
  const text: string
  export default text
}
