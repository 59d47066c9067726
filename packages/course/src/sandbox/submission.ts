import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'

/** A regular file of a submission. Links and devices are none: they would lead elsewhere. */
interface SubmittedFile {
  /** Within the submission; one character per byte, because archives hold names in any encoding. */
  readonly path: string
  readonly bytes: Buffer
  readonly executable: boolean
}

export interface Submission {
  readonly files: readonly SubmittedFile[]
  /** Equal files under equal names give an equal result. */
  readonly hash: string
}

/** Nothing that is handed in. */
const LEFT_OUT = new Set(['.git', 'node_modules', '__pycache__', '.DS_Store', '__MACOSX'])
/** And folders. */
const MOST_FILES = 2000

const inBytes = (...path: string[]) => Buffer.from(join(...path), 'latin1')
const ofBytes = (path: string) => Buffer.from(path).toString('latin1')

/** @throws {Error} If the folder cannot be read, or holds more than may be handed in; the message is one line. */
export function readSubmission(folder: string, mostBytes: number): Submission {
  const files: SubmittedFile[] = []
  const hash = createHash('sha256')
  const base = ofBytes(folder)
  let [size, count] = [0, 0]
  const look = (inside: string) => {
    for (const name of fs.readdirSync(inBytes(base, inside), 'latin1').sort()) {
      const path = join(inside, name)
      const info = fs.lstatSync(inBytes(base, path))
      if (LEFT_OUT.has(name)) continue
      if (++count > MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`)
      if (info.isDirectory()) look(path)
      if (!info.isFile()) continue
      size += info.size
      if (size > mostBytes) throw new Error(`its files have more than ${mostBytes >> 20} MiB`)
      const file = { path, bytes: readRegular(inBytes(base, path)), executable: (info.mode & 0o111) !== 0 }
      files.push(file)
      hash.update(`${JSON.stringify([path, file.bytes.length, file.executable])}\n`).update(file.bytes)
    }
  }
  look('')
  return { files, hash: hash.digest('hex') }
}

/** Writes a submission to a folder that does not exist yet, for a user to whom it then belongs. */
export function writeSubmission({ files }: Pick<Submission, 'files'>, folder: string, uid: number | undefined): void {
  const own = (path: string) => uid !== undefined && fs.chownSync(inBytes(path), uid, uid)
  const makeFolder = (path: string) => {
    if (fs.existsSync(inBytes(path))) return
    makeFolder(dirname(path))
    fs.mkdirSync(inBytes(path), { mode: 0o700 })
    own(path)
  }
  const base = ofBytes(folder)
  makeFolder(base)
  for (const { path, bytes, executable } of files) {
    const target = join(base, path)
    makeFolder(dirname(target))
    fs.writeFileSync(inBytes(target), bytes, { mode: executable ? 0o755 : 0o644 })
    own(target)
  }
}

/** A file that has become a link since it was listed is not followed. */
function readRegular(path: Buffer): Buffer {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    if (!fs.fstatSync(fd).isFile()) throw new Error(`${path} is not a regular file any more`)
    return fs.readFileSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
