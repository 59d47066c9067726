import { escapeBytes } from '@hs/protocol'

/** The first position in which two texts differ; undefined where they are equal. */
function firstDifference(expected: Uint8Array, received: Uint8Array): number | undefined {
  const length = Math.max(expected.length, received.length)
  for (let at = 0; at < length; at++) if (expected[at] !== received[at]) return at
  return undefined
}

/** Expected and received below each other, with a caret under the first byte that differs. */
export function comparison(expected: Uint8Array, received: Uint8Array): string[] {
  const at = firstDifference(expected, received)
  // What is equal for long is cut away in front, so that the difference is in view.
  const from = at !== undefined && at > 40 ? at - 20 : 0
  const show = (value: Uint8Array) =>
    `${from > 0 ? '...' : ''}${escapeBytes(value.subarray(from), 64)}  (${value.length} ${value.length === 1 ? 'byte' : 'bytes'})`
  const lines = [`expected  ${show(expected)}`, `received  ${show(received)}`]
  if (at !== undefined) {
    const before = escapeBytes(expected.subarray(from, at), 64).length + (from > 0 ? 3 : 0)
    lines.push(`          ${' '.repeat(before)}^ ${describeDifference(expected, received, at)}`)
  }
  return lines
}

function describeDifference(expected: Uint8Array, received: Uint8Array, at: number): string {
  if (at >= received.length) return 'ends here'
  if (at >= expected.length) return 'one byte too many'.replace('one byte', count(received.length - expected.length))
  return `0x${received[at]!.toString(16).padStart(2, '0')} instead of 0x${expected[at]!.toString(16).padStart(2, '0')}`
}

const count = (bytes: number) => `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
