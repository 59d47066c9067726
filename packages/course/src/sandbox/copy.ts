import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** A regular file of a submission. Links and devices are none: they would lead elsewhere. */
export interface SubmittedFile {
  /** Within the submission. */
  readonly path: string
  readonly bytes: number
  readonly executable: boolean
}

/** Nothing that is handed in. */
const LEFT_OUT = new Set(['.git', 'node_modules', '__pycache__', '.DS_Store', '__MACOSX'])
const MOST_FILES = 2000

/** @throws {Error} If the folder cannot be read, or holds more than may be handed in; the message is one line. */
export function submittedFiles(folder: string, mostBytes: number): SubmittedFile[] {
  const files: SubmittedFile[] = []
  let bytes = 0
  const look = (inside: string) => {
    for (const name of readdirSync(join(folder, inside)).sort()) {
      if (LEFT_OUT.has(name)) continue
      const path = join(inside, name)
      const info = lstatSync(join(folder, path))
      if (info.isDirectory()) look(path)
      if (!info.isFile()) continue
      files.push({ path, bytes: info.size, executable: (info.mode & 0o111) !== 0 })
      bytes += info.size
      if (files.length > MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`)
      if (bytes > mostBytes) throw new Error(`its files have more than ${mostBytes >> 20} MiB`)
    }
  }
  look('')
  return files
}

/** What a submission is: equal files under equal names give an equal result. */
export function contentHash(folder: string, files: readonly SubmittedFile[]): string {
  const hash = createHash('sha256')
  for (const { path, bytes, executable } of files) {
    hash.update(`${JSON.stringify([path, bytes, executable])}\n`)
    hash.update(readRegular(join(folder, path)))
  }
  return hash.digest('hex')
}

/** Copies a submission to a folder that does not exist yet, for a user to whom it then belongs. */
export function copySubmission(
  from: string,
  files: readonly SubmittedFile[],
  to: string,
  uid: number | undefined,
): void {
  const own = (path: string) => uid !== undefined && chownSync(path, uid, uid)
  mkdirSync(to, { mode: 0o700 })
  own(to)
  const made = new Set<string>()
  for (const { path, executable } of files) {
    const parts = path.split('/').slice(0, -1)
    for (const at of parts.keys()) {
      const folder = join(to, ...parts.slice(0, at + 1))
      if (made.has(folder)) continue
      made.add(folder)
      mkdirSync(folder)
      own(folder)
    }
    const target = join(to, path)
    writeFileSync(target, readRegular(join(from, path)))
    chmodSync(target, executable ? 0o755 : 0o644)
    own(target)
  }
}

/** A file that has become a link since it was listed is not followed. */
function readRegular(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${path} is not a regular file any more`)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}
