import { execFile } from 'node:child_process'
import { mkdir, readdir, rename } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const SOURCES = new URL('peers/', import.meta.url)
const PROGRAMS = new URL('build/', import.meta.url)

/** The flags that the peers must be clean under; `-O2` since they are what we are measured against. */
const FLAGS = ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread']

/**
 * Compiles every C program under `peers`.
 *
 * @returns The path of each, by its name: `server-epoll`, `client`, `load`.
 * @throws Without gcc, or a program does not compile without a warning.
 */
export async function compilePeers(): Promise<Readonly<Record<string, string>>> {
  await mkdir(PROGRAMS, { recursive: true })
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.c'))
  return Object.fromEntries(await Promise.all(sources.map(compile)))
}

async function compile(source: string): Promise<[name: string, path: string]> {
  const name = source.slice(0, -'.c'.length)
  const program = fileURLToPath(new URL(name, PROGRAMS))
  // A test or benchmark that runs the program meanwhile keeps the old file.
  const fresh = `${program}.${process.pid}`
  try {
    await run('gcc', [...FLAGS, '-o', fresh, fileURLToPath(new URL(source, SOURCES))])
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') {
      throw new Error('The C peers need gcc, and there is none: install it (on Debian, apt-get install gcc libc6-dev).')
    }
    throw new Error(`${source} does not compile: ${stderr ?? error}`)
  }
  await rename(fresh, program)
  return [name, program]
}
