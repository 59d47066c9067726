import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

/** Compiles programs of test/programs, each when it is wanted: meanwhile, other tests wait for theirs. */
export function compiler() {
  const folder = mkdtempSync(join(tmpdir(), 'hs-programs-'))
  const made = new Map<string, Promise<string>>()
  const make = async (build: Build) => {
    const path = join(folder, nameOf(build))
    const flags = build.flags.map((flag) => `-D${flag}`)
    await run('cc', ['-O1', '-w', '-pthread', ...flags, '-o', path, join(SOURCES, `${build.source}.c`)])
    return path
  }
  return {
    /** The path of the program. */
    program(build: Build): Promise<string> {
      const program = made.get(nameOf(build)) ?? make(build)
      made.set(nameOf(build), program)
      return program
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
