import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PeerCounter, type PeerLimits, peerMemory } from '../src/gate/peer-limits.js'

const SEED = 1

const counters = (limits: PeerLimits, threads = 1) => {
  const memory = peerMemory(threads, SEED)
  return Array.from({ length: threads }, (_, thread) => new PeerCounter(limits, memory, thread))
}

describe('limits per address', () => {
  it('count connections at a time: one over is refused, and admitted when another is over', () => {
    const [counter] = counters({ connections: 2 })
    expect(counter!.enter('192.0.2.1', 0)).toBeUndefined()
    expect(counter!.enter('192.0.2.1', 0)).toBeUndefined()
    expect(counter!.enter('192.0.2.1', 0)).toBe('ERR_HS_PEER_CONNECTIONS')
    expect(counter!.enter('192.0.2.2', 0)).toBeUndefined()
    counter!.leave('192.0.2.1')
    expect(counter!.enter('192.0.2.1', 0)).toBeUndefined()
  })

  it('count new connections per second, over any second and not only over those of the clock', () => {
    const [counter] = counters({ perSecond: 10 })
    const admitted = (atMs: number) => counter!.enter('192.0.2.1', atMs) === undefined
    expect(Array.from({ length: 12 }, () => admitted(5_900)).filter(Boolean)).toHaveLength(10)
    expect(admitted(6_000)).toBe(false)
    expect(admitted(6_050)).toBe(false)
    expect(admitted(6_100)).toBe(true)
    expect(Array.from({ length: 12 }, () => admitted(9_000)).filter(Boolean)).toHaveLength(10)
  })

  it('do not count what was refused: a client that hammers is still served at the limit', () => {
    const [counter] = counters({ perSecond: 5 })
    let admitted = 0
    for (let ms = 0; ms < 10_000; ms += 10) if (!counter!.enter('192.0.2.1', ms)) admitted++
    expect(admitted).toBeGreaterThan(35)
    expect(admitted).toBeLessThanOrEqual(55)
  })

  it('take all addresses of an IPv6 network as one, and IPv4 within IPv6 as IPv4', () => {
    const [counter] = counters({ connections: 1 })
    expect(counter!.enter('2001:db8:0:1::1', 0)).toBeUndefined()
    expect(counter!.enter('2001:db8:0:1:ffff::2', 0)).toBe('ERR_HS_PEER_CONNECTIONS')
    expect(counter!.enter('2001:db8:0:2::1', 0)).toBeUndefined()
    expect(counter!.enter('192.0.2.1', 0)).toBeUndefined()
    expect(counter!.enter('::ffff:192.0.2.1', 0)).toBe('ERR_HS_PEER_CONNECTIONS')
  })

  it('hold for all threads together, and the counts of a replaced thread are dropped', () => {
    const memory = peerMemory(2, SEED)
    const limits = { connections: 2, perSecond: 100 }
    const [one, two] = [new PeerCounter(limits, memory, 0), new PeerCounter(limits, memory, 1)]
    expect(one.enter('192.0.2.1', 0)).toBeUndefined()
    expect(two.enter('192.0.2.1', 0)).toBeUndefined()
    expect(one.enter('192.0.2.1', 0)).toBe('ERR_HS_PEER_CONNECTIONS')
    new PeerCounter(limits, memory, 1)
    expect(one.enter('192.0.2.1', 0)).toBeUndefined()
    expect(one.enter('192.0.2.1', 0)).toBe('ERR_HS_PEER_CONNECTIONS')
  })

  it('never count too few, and hardly ever too many while 10,000 connections are open', () => {
    const [counter] = counters({ connections: 2 })
    const hosts = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 12}.${(at >> 4) & 255}.${at & 15}`)
    expect(hosts.filter((host) => counter!.enter(host, 0) !== undefined).length).toBeLessThan(20)
    const second = hosts.filter((host) => counter!.enter(host, 0) === undefined)
    for (const host of second.slice(0, 1000)) expect(counter!.enter(host, 0)).toBe('ERR_HS_PEER_CONNECTIONS')
  })

  it('admit exactly as many as the limit, whatever comes and goes', () => {
    const actions = fc.array(fc.tuple(fc.boolean(), fc.nat(3)), { maxLength: 200 })
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 5 }), (steps, connections) => {
        const [counter] = counters({ connections })
        const open = [0, 0, 0, 0]
        for (const [enters, which] of steps) {
          const host = `192.0.2.${which}`
          if (enters) {
            const refused = counter!.enter(host, 0) !== undefined
            expect(refused).toBe(open[which] === connections)
            if (!refused) open[which]!++
          } else if (open[which]! > 0) {
            counter!.leave(host)
            open[which]!--
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})
