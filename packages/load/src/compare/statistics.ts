import { random } from '../random.js'

/** An estimate, and the interval that holds the true value 95 times of 100, as far as the rounds tell. */
export interface Estimate {
  readonly value: number
  /** Undefined: one round tells nothing of how much rounds differ. */
  readonly low: number | undefined
  readonly high: number | undefined
}

const RESAMPLES = 2_000
const CONFIDENCE = 0.95

/**
 * How much one is of another, round by round: the ratio of their sums, and its interval by drawing as many rounds as
 * there were, with repetition, over and over (the bootstrap). Rounds are drawn in pairs, since what disturbed one
 * server in a round disturbed its neighbour, too. With few rounds the interval is rather too narrow.
 *
 * @returns Undefined if the other is nothing.
 */
export function ratioOf(pairs: readonly (readonly [number, number])[], seed = 1): Estimate | undefined {
  const ratio = (drawn: readonly (readonly [number, number])[]) =>
    drawn.reduce((sum, [one]) => sum + one, 0) / drawn.reduce((sum, [, other]) => sum + other, 0)
  const value = ratio(pairs)
  if (!Number.isFinite(value)) return undefined
  if (pairs.length < 2) return { value, low: undefined, high: undefined }
  const chance = random(seed)
  const ratios: number[] = []
  for (let sample = 0; sample < RESAMPLES; sample++) {
    const drawn = ratio(pairs.map(() => pairs[Math.floor(chance() * pairs.length)]!))
    if (Number.isFinite(drawn)) ratios.push(drawn)
  }
  ratios.sort((a, b) => a - b)
  const at = (share: number) => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))]!
  return { value, low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
