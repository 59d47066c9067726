/** What each setting may be. `rate`: more would be a load test, which is the business of hs-load. */
export const LIMITS = Object.freeze({
  rate: [0, 500],
  threads: [1, 8],
  thinkMs: [0, 5_000],
  slowMotion: [1, 10],
} as const)

/** The steps of its slider. */
export const RATES = [0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500] as const
