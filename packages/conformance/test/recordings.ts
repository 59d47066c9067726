/** Recordings of the mutants and of right programs: what a run of them has seen, compressed, one file each. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { Recording } from '../src/observe/observation.js'

const FOLDER = new URL('recordings/', import.meta.url)

const fileOf = (name: string) => new URL(`${name}.json.br`, FOLDER)

export const recordedNames = (): string[] =>
  existsSync(FOLDER) ? readdirSync(FOLDER).map((file) => file.replace(/\.json\.br$/, '')) : []

export function readRecording(name: string): Recording {
  return JSON.parse(brotliDecompressSync(readFileSync(fileOf(name))).toString('utf8')) as Recording
}

export function writeRecording(name: string, recording: Recording): number {
  mkdirSync(FOLDER, { recursive: true })
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 }
  const packed = brotliCompressSync(JSON.stringify(recording), { params })
  writeFileSync(fileOf(name), packed)
  return packed.length
}
