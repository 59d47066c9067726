import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Limits } from '../course/course.js'

/**
 * How far a submission is kept from everything else, found out by trying:
 * `namespaces`: it sees the system's programs and its own folder, its own processes, and a network that has only loopback.
 * `user`: it runs as a user of its own, which may neither write files of others nor signal or read their processes.
 * `none`: it runs as the user who grades, with limits only.
 */
export type Isolation = 'namespaces' | 'user' | 'none'

export type SandboxChoice = 'required' | 'auto' | 'off'

export interface Sandbox {
  readonly isolation: Isolation
  /** One line for people: what is held, and what is missing for more. */
  readonly report: string
}

/** Where a submission is graded: a folder of its own and, for root, a user of its own. */
export interface Room {
  readonly isolation: Isolation
  /** Empty at first; in namespaces a file system of its own, which is gone afterwards. */
  readonly folder: string
  /** Whom its commands run as; undefined where the grader is not root. */
  readonly uid: number | undefined
}

/** Users that exist nowhere else, one per job: above what systems give to people and services. */
const FIRST_UID = 64_700

/** Raised when `--sandbox required` cannot be met. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
}

const isRoot = () => process.getuid?.() === 0

export function uidOf(slot: number, isolation: Isolation): number | undefined {
  return isolation !== 'none' && isRoot() ? FIRST_UID + slot : undefined
}

/**
 * Finds out what this machine allows, by doing it once.
 *
 * @throws {SandboxError} If namespaces are required and cannot be had.
 */
export function findSandbox(choice: SandboxChoice, limits: Limits): Sandbox {
  if (choice === 'off') return { isolation: 'none', report: 'sandbox off: submissions run as you do, with limits only' }
  const why = obstacleToNamespaces(limits)
  if (why === undefined) {
    return {
      isolation: 'namespaces',
      report: 'sandbox: own namespaces (files, processes, network) for each submission',
    }
  }
  if (choice === 'required') {
    throw new SandboxError(
      `--sandbox required: no namespaces here: ${why}. Install bubblewrap, or allow user namespaces.`,
    )
  }
  if (isRoot() && runs(['setpriv', '--reuid=64700', '--regid=64700', '--clear-groups', 'true'])) {
    return { isolation: 'user', report: `sandbox: a user of its own for each submission, no namespaces (${why})` }
  }
  return { isolation: 'none', report: `no sandbox: submissions run as you do, with limits only (${why})` }
}

/** Tries all of it: a command in a room in a cell. */
function obstacleToNamespaces(limits: Limits): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}`
  if (!runs(['bwrap', '--version'])) return 'bwrap is not installed'
  const folder = mkdtempSync(join(tmpdir(), 'hs-course-'))
  try {
    const room: Room = { isolation: 'namespaces', folder, uid: uidOf(0, 'namespaces') }
    const inner = confine(room, limits, [])
    // What a submission writes to exists only in the cell.
    const make = 'cd "$1" && shift && mkdir submission tmp shm && chmod 777 * && exec "$@"'
    const words = cellWords(room, limits, ['sh', '-c', make, 'sh', folder, ...inner, 'true'])
    const { status, stderr } = spawnSync(words[0]!, words.slice(1), { encoding: 'utf8' })
    return status === 0 ? undefined : stderr.trim().split('\n').at(-1) || `bwrap ended with status ${status}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runs(words: readonly string[]): boolean {
  return spawnSync(words[0]!, words.slice(1), { stdio: 'ignore' }).status === 0
}

/**
 * The cell: around the grader's own process, which judges in it. A network and process ids of its own, so that jobs do not
 * meet on a port and everything in it ends with it; the room's folder is in memory.
 */
export function cellWords({ isolation, folder }: Room, limits: Limits, command: readonly string[]): string[] {
  if (isolation !== 'namespaces') return [...command]
  return [
    'bwrap',
    ...'--dev-bind / / --unshare-net --unshare-pid --unshare-ipc --unshare-uts --die-with-parent'.split(' '),
    ...['--size', String(limits.diskBytes), '--tmpfs', folder],
    // Root does without a user namespace, in which it could not change its user; and there bwrap would hide parts of /proc,
    // and the kernel refuse a new one inside.
    ...(isRoot() ? ['--cap-add', 'ALL', 'sh', '-c', OWN_SYSTEM, 'sh', folder] : ['--unshare-user', '--proc', '/proc']),
    ...command,
  ]
}

/** Empty files take memory, too, and a size does not limit them: only root can. */
const OWN_SYSTEM = 'mount -t proc proc /proc && mount -o remount,nr_inodes=50000 "$1" && shift && exec "$@"'

/** Where a submission is in its room. */
export function workFolder({ folder }: Pick<Room, 'folder'>): string {
  return join(folder, 'submission')
}

/** What a submission may write to besides its own folder. All of it is in one file system, so that limits hold for the sum. */
export const SCRATCH = { tmp: '/tmp', shm: '/dev/shm' } as const

/**
 * bwrap reports a signal as a status. The checker needs the signal itself: it says what is wrong.
 */
const RAISE_AGAIN = '"$@"; s=$?; [ $s -gt 128 ] && [ $s -le 192 ] && kill -$((s - 128)) $$; exit $s'

/** The words before a command of a submission. They lead into its room, and it does not get out of there. */
export function confine(room: Room, limits: Limits, readable: readonly string[]): string[] {
  const { isolation, uid } = room
  // In `user` the judge has given up its groups, and with them the right to do so (see the cell).
  const groups = isolation === 'user' ? '--keep-groups' : '--clear-groups'
  const user =
    uid === undefined
      ? []
      : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, groups, '--inh-caps=-all', '--no-new-privs']
  const limit = [
    ...['prlimit', `--data=${limits.memoryBytes}`, `--fsize=${Math.min(limits.diskBytes, 2 ** 27)}`, '--core=0'],
    // Without a user of its own, all processes of the grader would count.
    ...(isolation === 'none' ? [] : [`--nproc=${limits.processes}`]),
  ]
  if (isolation === 'none') return process.platform === 'linux' ? limit : []
  if (isolation === 'user') return [...user, ...limit]
  return [
    ...['sh', '-c', RAISE_AGAIN, 'sh'],
    ...user,
    ...'bwrap --unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try'.split(' '),
    ...['--die-with-parent', '--hostname', 'submission'],
    ...systemFolders(),
    ...[...readable, ...reachable(dirname(process.execPath), uid)].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...Object.entries(SCRATCH).flatMap(([name, path]) => ['--bind', join(room.folder, name), path]),
    ...[
      '--remount-ro',
      '/dev',
      '--bind',
      workFolder(room),
      '/submission',
      '--chdir',
      '/submission',
      '--remount-ro',
      '/',
    ],
    ...limit,
  ]
}

/** Node's own folder, for programs in JavaScript; nothing where the user of a submission has no way to it, as in root's home. */
function reachable(folder: string, uid: number | undefined): string[] {
  for (let at = folder; uid !== undefined && at !== '/'; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return []
  }
  return [folder]
}

/** What programs need of the system, read-only. Neither homes nor logs nor mounts. */
const SYSTEM = '/usr /bin /sbin /lib /lib32 /lib64 /libx32'.split(' ')
const SETTINGS = [
  ...'alternatives ld.so.cache ld.so.conf ld.so.conf.d passwd group nsswitch.conf hosts localtime ssl'.split(' '),
  ...[11, 17, 21, 25].map((version) => `java-${version}-openjdk`),
]

function systemFolders(): string[] {
  const roots = SYSTEM.filter((path) => existsSync(path)).map((path) =>
    lstatSync(path).isSymbolicLink() ? ['--symlink', `usr${path}`, path] : ['--ro-bind', path, path],
  )
  return [...roots.flat(), ...SETTINGS.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`])]
}
