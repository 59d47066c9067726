/** Random numbers that a seed repeats (mulberry32). `salt`: each probe has its own, whatever else runs. */
export function randomFrom(seed: number, salt: string): () => number {
  let state = seed | 0
  for (const letter of salt) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
