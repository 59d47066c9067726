import { writeSync } from 'node:fs'
import { nonBlocking } from './nonblocking.js'
import type { Answer } from './options.js'

/** How long to sleep while a pipe is full. A short wait: its reader has made room, most of the time. */
const FULL_PIPE_WAIT_MS = 1

/**
 * Writes all of a text to stdout or stderr before it returns, as a C program's `write` does. A line that was written
 * survives SIGKILL directly afterwards, whatever the descriptor is (HS-5.1), and since it leaves in one call, lines of
 * several threads do not mix. A slow reader is waited for; nothing is dropped.
 *
 * @throws EPIPE when the reader has closed the pipe.
 */
export function writeAll(fd: 1 | 2, text: string): void {
  const { fd: own, close } = nonBlocking(fd)
  try {
    const written = write(own, text)
    // Rare: a pipe took only a part. Only then is it worth converting the text to bytes.
    if (written < Buffer.byteLength(text)) unheard(() => writeRest(fd, Buffer.from(text).subarray(written)))
  } finally {
    close()
  }
}

function writeRest(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    const count = write(fd, bytes.subarray(written))
    written += count
    // Another process made it so that it does not wait.
    if (count === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS)
  }
}

/** @returns How many bytes the system took; 0 if there was no room. */
function write(fd: number, data: string | Uint8Array): number {
  try {
    return writeSync(fd, data as string)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    return 0
  }
}

/**
 * While this waits for a reader, no function of JavaScript can hear a signal. So meanwhile a signal ends the program by
 * itself, as one in C: otherwise only SIGKILL would.
 */
function unheard(wait: () => void): void {
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => ({ name, all: process.rawListeners(name) }))
  for (const { name } of listeners) process.removeAllListeners(name)
  try {
    wait()
  } finally {
    for (const { name, all } of listeners) for (const one of all) process.on(name, one as NodeJS.SignalsListener)
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
  const lines = text.replace(/\n*$/, '\n')
  if (to === 'stdout') return put(program, () => writeAll(1, lines)) ? status : OUTPUT_LOST
  tell(lines)
  return status
}
