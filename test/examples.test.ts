/** Each example runs with the command in its first comment, and prints what its last comment says. */
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { patternOf, readText, repositoryFiles } from './markdown.js'
import { run } from './programs.js'

const examples = repositoryFiles().filter((file) => /^examples\/.*\.(ts|sh)$/.test(file))

test.each(examples)('%s does what it says', async (file) => {
  const source = readText(file)
  const [, command] = /^(?:#!.*\n)?(?:\/\/|#) (.*)\n/.exec(source)!
  expect(command).toContain(file)
  const shown = source.slice(source.lastIndexOf(' Prints:\n')).split('\n').slice(1, -1)
  expect(shown.length).toBeGreaterThan(0)

  const ended = await run(command!.replace(/\b9000\b/g, String(await freePort())))
  expect(ended, ended.stderr).toMatchObject({ status: 0 })
  const lines = shown.map((line) => expect.stringMatching(patternOf(line.replace(/^(\/\/|#) ?/, ''))))
  expect(ended.stdout.trimEnd().split('\n')).toEqual(lines)
})

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(5)
})

/** A port that is free at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
