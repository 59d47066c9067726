import { zipSync } from 'fflate'

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
  const text = (content: string) => new TextEncoder().encode(content)
  const plain = { os: UNIX, attrs: modeOf(0o644), mtime: MADE } as const
  const executable = { ...plain, attrs: modeOf(0o755) } as const
  return zipSync({
    'setup.sh': [text(setupScript(packages)), executable],
    run_autograder: [text(RUN), executable],
    'course.toml': [course, plain],
    node: [node, { ...executable, level: 1 }],
    ...Object.fromEntries(
      [...program].map(([name, content]) => [name, [content, plain] as [Uint8Array, typeof plain]]),
    ),
  })
}

/** Runs once, when the image is built: there is a network then, and it is only used for what is missing. */
function setupScript(packages: readonly string[]): string {
  return `#!/usr/bin/env bash
set -euo pipefail
need() {
  command -v "$1" >/dev/null && return
  shift
  [ -n "\${lists_are_fresh-}" ] || apt-get update -qq
  lists_are_fresh=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}
need gcc gcc libc6-dev
need make make
need setpriv util-linux
need ss iproute2
# Where containers may have namespaces, submissions get their own; without them, each runs as a user of its own.
need bwrap bubblewrap || true
${packages.length > 0 ? `apt-get update -qq\nDEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ${packages.join(' ')}\n` : ''}`
}

/** Runs for each submission, as root. Neither the course nor the results are anything that a submission can open. */
const RUN = `#!/usr/bin/env bash
set -euo pipefail
cd /autograder
mkdir -p results
chmod 700 source results submission
exec source/node source/hs-course.mjs autograde source/course.toml submission --results results/results.json
`
