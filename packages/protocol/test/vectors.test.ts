/** The published vectors say the same in other languages. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

describe('the table of vectors', () => {
  test('has at least two rows for each deviation that HS-7 names, and names no other', () => {
    const protocol = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8')
    const table = protocol.slice(protocol.indexOf('## HS-7'))
    const named = [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name!)
    expect(named.length).toBeGreaterThan(0)
    expect(new Set(deviations.map(({ deviation }) => deviation))).toEqual(new Set(named))
    for (const name of named) {
      expect(deviations.filter(({ deviation }) => deviation === name).length, name).toBeGreaterThanOrEqual(2)
    }
  })

  test('shows no control byte of a bad row', () => {
    for (const { received } of malformed) expect(received).toMatch(/^[\x20-\x7e]*$/)
  })
})
