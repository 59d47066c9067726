import { readFileSync } from 'node:fs'
import type { DecodeFailure } from '../src/decoder.js'
import type { Arithmetic } from '../src/hello.js'

/** The names of the table in HS-7. */
type Deviation =
  | 'terminator'
  | 'late-terminator'
  | 'leading-terminator'
  | 'leading-zeros'
  | 'plus'
  | 'negative-zero'
  | 'spaces'
  | 'case'
  | 'glued'

/** Bytes that are messages. A character is a byte; `values` are the numbers in them. */
export interface GoodRow {
  readonly bytes: string
  readonly values: readonly number[]
  readonly why: string
  /** A strict receiver refuses it. */
  readonly deviation?: Deviation
  /** A second segment, which arrives after a pause. */
  readonly later?: string
}

/** Bytes that are none. */
interface BadRow {
  readonly bytes: string
  readonly code: DecodeFailure['code']
  /** What is shown of them, when they arrive in one piece. */
  readonly received: string
  /** The index of the byte that makes it certain; -1: only the end of the message does. */
  readonly at: number
  readonly why: string
  /** What was decoded before it. */
  readonly values?: readonly number[]
}

/** What follows X in either arithmetic (HS-1.3); without `after`, a handshake cannot begin with it. */
interface ExchangeRow {
  readonly x: number
  readonly arithmetic: Arithmetic
  readonly after?: readonly [y: number, z: number]
}

/** The published table, which decoders in other languages read, too. */
export const {
  canonical,
  deviations,
  malformed,
  exchanges,
  terminators,
}: {
  /** As they are sent: each is also encoded, and compared. */
  readonly canonical: readonly GoodRow[]
  /** HS-7, row by row. */
  readonly deviations: readonly (GoodRow & { readonly deviation: Deviation })[]
  readonly malformed: readonly BadRow[]
  readonly exchanges: readonly ExchangeRow[]
  /** What a peer may put after a message (HS-3.1). */
  readonly terminators: readonly string[]
} = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'))

/** A character is a byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** A row's bytes for a test's name: escaped, and short. */
export function label(text: string): string {
  const escaped = JSON.stringify(text)
  return escaped.length > 50 ? `${escaped.slice(0, 46)}..."` : escaped
}
