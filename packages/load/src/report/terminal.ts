import { closeSync, openSync } from 'node:fs'
import { UsageError } from '@hs/command-line'

/** How wide a line of stderr is that may be written over; undefined: none may. */
export function lineWidth(): number | undefined {
  return process.stderr.isTTY && process.env.TERM !== 'dumb' ? process.stderr.columns || 80 : undefined
}

/** Overwrites the line before. One that is wider than the terminal would leave its rest on the screen each time. */
export function overwriting(line: string, width: number): string {
  return `\r\x1b[K${line.slice(0, width - 1)}`
}

/** The name of a file to write. Tried at once: better to learn it now than when all is measured. */
export function parseFile(text: string): string {
  try {
    closeSync(openSync(text, 'a'))
    return text
  } catch (error) {
    throw new UsageError(`must be a file that can be written: ${(error as Error).message}`)
  }
}
