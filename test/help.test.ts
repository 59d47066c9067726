/** `--help` of every command, as a file: a change of a sentence is a change of a file, and is read as text. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { ROOT } from './programs.js'

const run = promisify(execFile)

it.each([
  ['tcpclient', 'apps/cli-client/dist/tcpclient.cjs'],
  ['tcpserver', 'apps/cli-server/dist/tcpserver.js'],
  ['hs-client', 'packages/client/dist/bin.cjs'],
  ['hs-load', 'packages/load/dist/bin.js'],
  ['hs-load compare', 'packages/load/dist/bin.js'],
  ['hs-load merge', 'packages/load/dist/bin.js'],
  ['hs-conformance', 'packages/conformance/dist/bin.js'],
  ['hs-conformance server', 'packages/conformance/dist/bin.js'],
  ['hs-conformance client', 'packages/conformance/dist/bin.js'],
  ['hs-conformance judge', 'packages/conformance/dist/bin.js'],
  ['hs-conformance matrix', 'packages/conformance/dist/bin.js'],
  ['hs-course', 'packages/course/dist/hs-course.mjs'],
  ['hs-live', 'packages/live/dist/bin.js'],
])('%s --help is as reviewed, and at most 80 columns wide', async (command, file) => {
  const [, ...words] = command.split(' ')
  const { stdout, stderr } = await run(process.execPath, [join(ROOT, file), ...words, '--help'])
  expect(stderr).toBe('')
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  await expect(stdout).toMatchFileSnapshot(`help/${command.replaceAll(' ', '-')}.txt`)
})
