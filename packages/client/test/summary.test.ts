import { HelloError } from '@hs/protocol'
import { describe, expect, it } from 'vitest'
import type { HandshakeReport } from '../src/handshake.js'
import { summarize } from '../src/summary.js'

const report = (totalMs: number): HandshakeReport => ({
  x: 5,
  y: 6,
  z: 7,
  local: { host: '127.0.0.1', port: 1 },
  remote: { host: '127.0.0.1', port: 2 },
  connectMs: 0,
  replyMs: 0,
  totalMs,
})

const failure = (code: 'ERR_HS_TIMEOUT' | 'ERR_HS_CONNECT') =>
  new HelloError({ code, side: 'client', state: 'idle', clause: 'HS-2.1', message: 'It failed.' })

function summaryOf(...ends: (HandshakeReport | HelloError)[]) {
  const summary = summarize()
  for (const end of ends) summary.add(end)
  return summary
}

describe('a summary', () => {
  it('counts what was established, and what failed by its code', () => {
    const summary = summaryOf(
      report(3),
      failure('ERR_HS_TIMEOUT'),
      failure('ERR_HS_CONNECT'),
      failure('ERR_HS_TIMEOUT'),
    )
    expect(summary.data()).toEqual({
      handshakes: 4,
      established: 1,
      failed: { ERR_HS_TIMEOUT: 2, ERR_HS_CONNECT: 1 },
      minMs: 3,
      medianMs: 3,
      p99Ms: 3,
    })
    expect(summary.text()).toBe(
      '1 of 4 established (2 ERR_HS_TIMEOUT, 1 ERR_HS_CONNECT); min 3 ms, median 3 ms, p99 3 ms',
    )
  })

  it('has no times where nothing was established', () => {
    const summary = summaryOf(failure('ERR_HS_CONNECT'))
    expect(summary.data()).toEqual({ handshakes: 1, established: 0, failed: { ERR_HS_CONNECT: 1 } })
    expect(summary.text()).toBe('0 of 1 established (1 ERR_HS_CONNECT)')
  })

  it('tells the least time, the median and what 99 of 100 stay below, in whatever order they came', () => {
    const times = Array.from({ length: 200 }, (_, at) => ((at * 77) % 200) + 1)
    expect(summaryOf(...times.map(report)).data()).toMatchObject({ minMs: 1, medianMs: 101, p99Ms: 199 })
  })

  it('rounds to microseconds', () => {
    expect(summaryOf(report(1.23456)).text()).toBe('1 of 1 established; min 1.235 ms, median 1.235 ms, p99 1.235 ms')
  })
})
