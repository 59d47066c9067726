/**
 * Runs mutants and right programs live, and says what came of it. Exit status 1: one was not judged as mutants.ts says,
 * or a verdict of MUST or SHOULD is another than that of its recording.
 *
 *     node --import ./test/typescript.mjs test/record.ts [options] [name, or the beginning of a name and * ...]
 *
 * - `--save` keeps what was seen in test/recordings, where replay.test.ts judges it again.
 * - `--missing` observes only what the recording does not have yet, and the probes that `--again` names.
 * - `--only S1,S2` takes the mutants of these groups, and judges only their cases.
 * - `--part 1/4` takes each fourth program, so that several machines can share the work.
 * - `--times 5` runs each five times, and `--minutes 30` begins none after that time.
 * - `--stress` has `stress-ng --cpu 4` run beside them.
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { checkClient, checkServer, judgeRecording } from '../src/check.js'
import type { Recording } from '../src/observe/observation.js'
import type { Report } from '../src/report/report.js'
import { compiler } from './compile.js'
import { programs, type TestProgram } from './programs.js'
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
    times: { type: 'string', default: '1' },
    stress: { type: 'boolean' },
    minutes: { type: 'string', default: 'Infinity' },
  },
})
const only = values.only?.split(',')
const [part = 1, parts = 1] = values.part.split('/').map(Number)
const compiled = compiler()

function isWanted({ name, mutant }: TestProgram, at: number): boolean {
  if (at % parts !== part - 1) return false
  if (positionals.length > 0)
    return positionals.some((part) => name === part || (part.endsWith('*') && name.startsWith(part.slice(0, -1))))
  return !only || !mutant || only.some((prefix) => mutant.caught === prefix || mutant.caught.startsWith(`${prefix}.`))
}

/** Without what is observed again. */
const without = (recording: Recording): Recording => ({
  ...recording,
  observations: recording.observations.filter(({ probe }) => !values.again?.split(',').includes(probe)),
})

async function check({ name, build, expect }: TestProgram): Promise<{ report: Report; recording: Recording }> {
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
  return { report, recording: recording! }
}

/** Verdicts of MUST and SHOULD that are others than those of the recording. */
function differences({ name, results }: Report): string[] {
  if (!recordedNames().includes(name)) return []
  const before = new Map(judgeRecording(readRecording(name)).results.map((one) => [one.id, one]))
  return results.flatMap(({ id, level, verdict }) => {
    const was = before.get(id)?.verdict ?? verdict
    return level === 'MAY' || was === verdict ? [] : [`${id} ${verdict}, not ${was}`]
  })
}

function tell({ name, mutant, right }: TestProgram, report: Report, recording: Recording): void {
  const failed = report.results.filter(
    ({ id, verdict, level }) => verdict === 'failed' && (level !== 'MAY' || id === mutant?.caught),
  )
  const said = failed.map(({ id, fault }) => `${id} ${fault!.causeKey ?? '(no cause)'}`).join(', ')
  const expected = mutant ? [mutant.caught, ...mutant.also].sort() : (right?.told ?? [])
  const differ = differences(report)
  const good = failed.map(({ id }) => id).join() === expected.join() && differ.length === 0
  if (!good) process.exitCode = 1
  const size = values.save ? `, ${writeRecording(name, recording)} bytes` : ''
  const took = `${(report.durationMs / 1000).toFixed(1)} s${size}`
  const all = [said || report.notStarted || 'nothing failed', ...differ].join('; ')
  console.log(`${good ? 'ok  ' : 'LOOK'} ${name}: ${all} (${took})`)
  if (!values.verbose) return
  console.log(
    `     ${recording.observations.map(({ probe, events }) => `${probe} ${events.at(-1)?.at ?? 0} ms`).join(', ')}`,
  )
  for (const { id, verdict, note, fault } of report.results)
    if (verdict !== 'passed')
      console.log(`     ${id} ${verdict} ${note ?? ''} ${fault?.summary ?? ''} ${fault?.received ?? ''}`)
}

const stress = values.stress ? spawn('stress-ng', ['--cpu', '4', '--quiet', '--timeout', '2h']) : undefined
const until = performance.now() + Number(values.minutes) * 60_000
let runs = 0
try {
  for (let time = 0; time < Number(values.times); time++) {
    for (const program of programs().filter(isWanted)) {
      if (performance.now() > until) break
      const { report, recording } = await check(program)
      tell(program, report, recording)
      runs++
    }
  }
} finally {
  stress?.kill()
  compiled.remove()
}
console.log(`${runs} runs`)
