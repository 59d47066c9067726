/** The published vectors say the same in other languages. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, canonical, deviations, malformed } from './vectors.js'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const rows = [...canonical, ...deviations, ...malformed]

const has = (program: string) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.runIf(has('python3'))('a decoder in Python', () => {
  test('reads the table and agrees with each row', () => {
    const printed = execFileSync('python3', [here('decoders/decoder.py'), here('../vectors.json')]).toString()
    expect(printed).toBe(`${rows.length} rows\n`)
  })
})

describe.runIf(has('cc'))('a decoder in C', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hs-vectors-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('agrees with each row', () => {
    const program = join(folder, 'decoder')
    execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', program, here('decoders/decoder.c')])
    const hex = (text: string) => Buffer.from(bytesOf(text)).toString('hex')
    const input = rows.map((row) => [row.bytes, ...('later' in row ? [row.later!] : [])].map(hex).join(' '))
    const printed = execFileSync(program, { input: `${input.join('\n')}\n` })
      .toString()
      .split('\n')
    rows.forEach((row, at) => {
      const expected = [...(row.values ?? []), ...('code' in row ? [row.code] : [])]
      expect(printed[at]!.trim(), row.why).toBe(expected.join(' '))
    })
  })
})
