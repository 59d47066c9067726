/**
 * What a student reads of 12 faulty programs, as files: a change of a sentence is a change of a file, and is read as
 * text. After a change that is meant, or after new recordings: `npx vitest run packages/conformance/test/golden.test.ts -u`,
 * then read the difference.
 */
import { expect, it } from 'vitest'
import { judgeRecording, render } from '../src/index.js'
import { readRecording } from './recordings.js'

it.each([
  'server-UNTIL_NUL',
  'server-LENGTH_OF_RECEIVED',
  'server-STALE',
  'server-NO_HTONS',
  'server-SENTINEL',
  'server-TINY_BUFFER',
  'server-NO_FLUSH',
  'server-STDERR',
  'server-PRINTS_ANSWER',
  'client-NO_Z',
  'client-UNTIL_NUL',
  'client-LOWER_CASE',
])('the report of %s is as reviewed', async (name) => {
  const recording = readRecording(name)
  // Where it was compiled, and for how long it ran, says nothing.
  const target = recording.kind === 'server' ? '-- ./tcpserver {port}' : '-- ./tcpclient {host} {port} {sequence}'
  const report = { ...judgeRecording({ ...recording, target }), durationMs: 0 }
  await expect(render(report, 'pretty', { columns: 100 })).toMatchFileSnapshot(`golden/${name}.txt`)
})
