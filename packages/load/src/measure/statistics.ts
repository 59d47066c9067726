import { random } from '../run/random.js'

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
  return estimate(ratio(pairs), pairs.length, seed, (draw) => ratio(draw(pairs)))
}

/** The same for what has no pairs: two loads, each with its own intervals, of which each set is drawn for itself. */
export function ratioOfMeans(ours: readonly number[], theirs: readonly number[], seed = 1): Estimate | undefined {
  const ratio = (one: readonly number[], other: readonly number[]) => mean(one) / mean(other)
  const fewer = Math.min(ours.length, theirs.length)
  return estimate(ratio(ours, theirs), fewer, seed, (draw) => ratio(draw(ours), draw(theirs)))
}

function estimate(
  value: number,
  size: number,
  seed: number,
  resample: (draw: <T>(items: readonly T[]) => T[]) => number,
): Estimate | undefined {
  if (!Number.isFinite(value)) return undefined
  if (size < 2) return { value, low: undefined, high: undefined }
  const chance = random(seed)
  const draw = <T>(items: readonly T[]) => items.map(() => items[Math.floor(chance() * items.length)]!)
  const ratios = Array.from({ length: RESAMPLES }, () => resample(draw))
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
  const at = (share: number) => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))]!
  return { value, low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
