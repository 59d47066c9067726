import { describe, expect, it } from 'vitest'
import { runProbes } from '../src/engine/run.js'

const run = (observe: (name: string) => Promise<string>) =>
  runProbes({
    probes: [{ name: 'a' }, { name: 'b' }],
    parallel: () => 2,
    observe: ({ name }) => observe(name),
    until: performance.now() + 10_000,
  })

describe('the engine', () => {
  it('passes on what a probe throws, also if another ends at the same moment', async () => {
    await expect(
      run(async (name) => {
        await null
        if (name === 'a') throw new Error('no such program')
        return name
      }),
    ).rejects.toThrow('no such program')
    await expect(
      run(async (name) => {
        await null
        if (name === 'b') return name
        await null
        throw new Error('no such program')
      }),
    ).rejects.toThrow('no such program')
  })

  it('returns what all probes have seen', async () => {
    const { done, left } = await run(async (name) => name.toUpperCase())
    expect([...done]).toEqual([
      ['a', 'A'],
      ['b', 'B'],
    ])
    expect(left).toEqual([])
  })

  it('begins what only waits beside as many others as without it', async () => {
    let most = 0
    let atWork = 0
    await runProbes({
      probes: [{ name: 'a' }, { name: 'waits', waits: true }, { name: 'b' }, { name: 'c' }],
      parallel: () => 2,
      observe: async ({ name }) => {
        if (name !== 'waits') most = Math.max(most, ++atWork)
        for (let turn = 0; turn < (name === 'waits' ? 20 : 5); turn++) await null
        if (name !== 'waits') atWork--
        return name
      },
      until: performance.now() + 10_000,
    })
    expect(most).toBe(2)
  })
})
