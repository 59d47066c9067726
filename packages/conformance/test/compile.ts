import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SOURCES = new URL('programs/', import.meta.url).pathname

export interface Build {
  readonly source: string
  /** `BUG_X`, `SEND_NUL`. */
  readonly flags: readonly string[]
}

const nameOf = ({ source, flags }: Build): string => [source, ...flags].join('-')

/** Compiles programs of test/programs, a few at a time. */
export async function compile(builds: readonly Build[]) {
  const folder = mkdtempSync(join(tmpdir(), 'hs-programs-'))
  const path = (build: Build) => join(folder, nameOf(build))
  await atATime(availableParallelism(), builds, async (build) => {
    const flags = build.flags.map((flag) => `-D${flag}`)
    await run('cc', ['-O1', '-w', '-pthread', ...flags, '-o', path(build), join(SOURCES, `${build.source}.c`)])
  })
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Works on many things, so many at a time; the results are in their order. */
async function atATime<T, R>(many: number, things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: many }, async () => {
      for (let at = next++; at < things.length; at = next++) results[at] = await work(things[at]!)
    }),
  )
  return results
}
