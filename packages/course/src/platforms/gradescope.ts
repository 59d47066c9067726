import { zipSync } from 'fflate'
import run from './run_autograder.sh'
import setup from './setup.sh'

export interface Archive {
  readonly course: Uint8Array
  readonly node: Uint8Array
  /** The files of this program. */
  readonly program: ReadonlyMap<string, Uint8Array>
  readonly packages: readonly string[]
}

/** For zip: made by Unix, a regular file with these permissions. */
const UNIX = 3
const modeOf = (mode: number) => (0o100000 | mode) * 2 ** 16

/** A fixed time: the same course makes the same archive. */
const MADE = new Date('2020-01-01T00:00:00Z')

/** The archive: everything that grading needs, so that it needs no network. */
export function gradescopeArchive({ course, node, program, packages }: Archive): Uint8Array {
  const install =
    packages.length > 0
      ? `apt-get update -qq\napt-get install -qq -y --no-install-recommends ${packages.join(' ')}`
      : ''
  const text = (content: string) => new TextEncoder().encode(content)
  const plain = { os: UNIX, attrs: modeOf(0o644), mtime: MADE } as const
  const executable = { ...plain, attrs: modeOf(0o755) } as const
  return zipSync({
    'setup.sh': [text(setup.replace('PACKAGES', install)), executable],
    run_autograder: [text(run), executable],
    'course.toml': [course, plain],
    node: [node, { ...executable, level: 1 }],
    ...Object.fromEntries(
      [...program].map(([name, content]) => [name, [content, plain] as [Uint8Array, typeof plain]]),
    ),
  })
}
