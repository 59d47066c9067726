import { type ExecFileOptions, execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const PROGRAM = new URL('../dist/hs-course.mjs', import.meta.url).pathname

export interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export function run(words: readonly string[], options: ExecFileOptions = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(words[0]!, words.slice(1), { maxBuffer: 2 ** 26, ...options }, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ status, stdout: String(stdout), stderr: String(stderr) })
    })
  })
}

export const hsCourse = (words: readonly string[], options: ExecFileOptions = {}) =>
  run([process.execPath, PROGRAM, ...words], options)

/** A folder that is gone when its test is. Others may look into it, as students may not. */
export function scratch(): {
  readonly folder: string
  write(files: Readonly<Record<string, string>>): void
} & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'hs-course-test-'))
  return {
    folder,
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
