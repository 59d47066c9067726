import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { hasProc } from '../src/proc.js'
import { marked, usageOf } from '../src/usage.js'

describe.runIf(hasProc)('processes of a group', () => {
  it('are found by their group and by their environment, until they have ended', async () => {
    const mark = `HS_TEST_MARK=${process.pid}`
    const [name, value] = mark.split('=') as [string, string]
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env: { ...process.env, [name]: value } })
    const ended = once(child, 'exit')
    await once(child, 'spawn')
    try {
      expect(marked(mark)).toEqual([child.pid])
      const { cpuMs, residentBytes, peakBytes } = usageOf(child.pid!)!
      expect(cpuMs).toBeGreaterThanOrEqual(0)
      expect(residentBytes).toBeGreaterThan(0)
      expect(peakBytes).toBeGreaterThanOrEqual(residentBytes)
    } finally {
      child.kill('SIGKILL')
    }
    await ended
    expect(marked(mark)).toEqual([])
    expect(usageOf(child.pid!)).toBeUndefined()
  })
})
