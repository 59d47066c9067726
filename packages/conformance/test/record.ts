/**
 * Runs mutants and right programs live, and says what came of it. Exit status 1: one was not judged as mutants.ts says.
 *
 *     node --import ./test/typescript.mjs test/record.ts [options] [name, or the beginning of a name and * ...]
 *
 * - `--save` keeps what was seen in test/recordings, where replay.test.ts judges it again.
 * - `--missing` observes only what the recording does not have yet, and the probes that `--again` names.
 * - `--only S1,S2` takes the mutants of these groups, and judges only their cases.
 * - `--part 1/4` takes each fourth program, so that several machines can share the work.
 */
import { parseArgs } from 'node:util'
import { checkClient, checkServer } from '../src/check.js'
import type { Recording } from '../src/observe/observation.js'
import { compiler } from './compile.js'
import { programs } from './programs.js'
import { readRecording, recordedNames, writeRecording } from './recordings.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    save: { type: 'boolean' },
    missing: { type: 'boolean' },
    again: { type: 'string' },
    only: { type: 'string' },
    verbose: { type: 'boolean' },
    part: { type: 'string', default: '1/1' },
  },
})
/** Without what is observed again. */
const without = (recording: Recording): Recording => ({
  ...recording,
  observations: recording.observations.filter(({ probe }) => !values.again?.split(',').includes(probe)),
})
const only = values.only?.split(',')
const [part = 1, parts = 1] = values.part.split('/').map(Number)
const wanted = programs().filter(({ name, mutant }, at) => {
  if (at % parts !== part - 1) return false
  if (positionals.length > 0)
    return positionals.some((part) => name === part || (part.endsWith('*') && name.startsWith(part.slice(0, -1))))
  return !only || !mutant || only.some((prefix) => mutant.caught === prefix || mutant.caught.startsWith(`${prefix}.`))
})
const compiled = compiler()
for (const { name, build, expect, mutant, right } of wanted) {
  const path = await compiled.program(build)
  let recording: Recording | undefined
  const options = {
    name,
    seed: 1,
    ...(only && { only }),
    ...(values.missing && recordedNames().includes(name) && { before: without(readRecording(name)) }),
    ...(expect && { expect }),
    onRecording: (one: Recording) => {
      recording = one
    },
  }
  const report = build.source.startsWith('client')
    ? await checkClient({ command: [path, '{host}', '{port}', '{sequence}'] }, options)
    : await checkServer({ command: [path, '{port}'] }, options)
  const failed = report.results.filter(
    ({ id, verdict, level }) => verdict === 'failed' && (level !== 'MAY' || id === mutant?.caught),
  )
  const said = failed.map(({ id, fault }) => `${id} ${fault!.causeKey ?? '(no cause)'}`).join(', ')
  const size = values.save ? writeRecording(name, recording!) : 0
  const good = mutant
    ? failed.map(({ id }) => id).join() === [mutant.caught, ...mutant.also].sort().join()
    : failed.map(({ id }) => id).join() === (right?.told ?? []).join()
  if (!good) process.exitCode = 1
  console.log(
    `${good ? 'ok  ' : 'LOOK'} ${name}: ${said || report.notStarted || 'nothing failed'} (${(report.durationMs / 1000).toFixed(1)} s${size ? `, ${size} bytes` : ''})`,
  )
  if (values.verbose) {
    const took = recording!.observations.map(({ probe, events }) => `${probe} ${events.at(-1)?.at ?? 0} ms`)
    console.log(`     ${took.join(', ')}`)
    for (const { id, verdict, note, fault } of report.results) {
      if (verdict !== 'passed')
        console.log(`     ${id} ${verdict} ${note ?? ''} ${fault?.summary ?? ''} ${fault?.received ?? ''}`)
    }
  }
}
compiled.remove()
