import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CourseError } from './course/toml.js'

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/** @throws {CourseError} If it cannot be read; one line. */
export function readText(file: string): string {
  try {
    return decode(readFileSync(file))
  } catch (error) {
    throw new CourseError(`${file}: cannot be read (${codeOf(error)})`)
  }
}

/** Without a byte order mark. What is not UTF-8 was written by Windows: its spreadsheets know two other encodings. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Writes a file, with the folders around it. @throws {Error} If that is not possible; one line. */
export function writeFile(file: string, content: string | Uint8Array): void {
  try {
    makeFolder(dirname(file))
    writeFileSync(file, content)
  } catch (error) {
    throw new Error(`${file}: cannot be written (${codeOf(error)})`)
  }
}

/** One by one: for a disk that is read-only, Node's own way says that there is no such folder. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}
