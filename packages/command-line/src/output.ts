import { writeSync } from 'node:fs'
import type { Answer } from './options.js'

/** How long to sleep while a pipe is full. A short wait: its reader has made room, most of the time. */
const FULL_PIPE_WAIT_MS = 1

/**
 * Writes all of a text to a descriptor before it returns, as a C program's `write` does. A line that was written
 * survives SIGKILL directly afterwards, whatever the descriptor is (HS-5.1), and since it leaves in one call, lines of
 * several threads do not mix. A slow reader is waited for; nothing is dropped.
 *
 * @throws EPIPE when the reader has closed the pipe.
 */
export function writeAll(fd: number, text: string): void {
  let written = write(fd, text)
  const length = Buffer.byteLength(text)
  // Rare: a pipe took only a part. Only then is it worth converting the text to bytes.
  if (written === length) return
  const bytes = Buffer.from(text)
  while (written < length) written += write(fd, bytes.subarray(written))
}

/** @returns How many bytes the system took; 0 after a short wait if there was no room. */
function write(fd: number, data: string | Uint8Array): number {
  try {
    return writeSync(fd, data as string)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    // Another process made the pipe non-blocking; wait as a blocking one would.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS)
    return 0
  }
}

/**
 * The exit status of each program whose output did not get out: its pipe was closed, its disk was full. One of its own, so
 * that it is never taken for success, nor for what the program is about.
 */
export const OUTPUT_LOST = 5

/** Whether an error comes from writing: the pipe was closed (EPIPE), the disk was full (ENOSPC). */
export function isOutputLost(error: unknown): boolean {
  return (error as NodeJS.ErrnoException)?.syscall === 'write'
}

/** Says so where it still can be read. @returns The exit status. */
export function sayOutputLost(program: string, error: unknown): number {
  tell(`${program}: the output is lost: ${(error as Error).message}\n`)
  return OUTPUT_LOST
}

/** Writes to stderr. That it is gone or full is no reason to leave the work undone. */
export function tell(text: string): void {
  try {
    writeAll(2, text)
  } catch {
    // stderr was the last place to report to.
  }
}

/** @returns Whether it went well; if not, the reason is on stderr. */
export function put(program: string, write: () => void): boolean {
  try {
    write()
    return true
  } catch (error) {
    sayOutputLost(program, error)
    return false
  }
}

/** Prints what a command line asks for instead of work: help, or what is wrong with it. @returns The exit status. */
export function answer(program: string, { text, to, status }: Answer): number {
  return put(program, () => writeAll(to === 'stdout' ? 1 : 2, text.replace(/\n*$/, '\n'))) ? status : OUTPUT_LOST
}
