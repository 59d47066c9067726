import { describe, expect, it } from 'vitest'
import { RULES } from '../src/attribute/rules.js'
import { CAUSE_KEYS, causeOf } from '../src/explain/causes.js'
import { EXPLAINED, explained } from '../src/explain/explain.js'
import { SYMPTOMS } from '../src/judge/symptoms.js'
import { CLIENT, SERVER } from '../src/kinds.js'
import { clientProbes } from '../src/observe/client/probes.js'
import { serverProbes } from '../src/observe/server/probes.js'

const CASES = [...SERVER.cases, ...CLIENT.cases]
/** They only say that nothing was seen: rules and notes speak of them. */
const EMPTY = ['unanswered', 'output-late', 'output-none', 'no-room', 'not-concurrent']
const keysOf = (section: string) =>
  EXPLAINED.filter((key) => key.startsWith(`${section}/`)).map((key) => key.slice(section.length + 1))

describe('explanations.md', () => {
  it('has a sentence for every symptom, and for nothing else', () => {
    const keys = keysOf('Symptoms').map((key) => key.replace(/^[SC]\d+\.\d+ /, ''))
    expect([...new Set(keys)].sort()).toEqual(SYMPTOMS.filter((symptom) => !EMPTY.includes(symptom)).sort())
  })

  it('has a sentence and a line in four languages for every cause, and for nothing else', () => {
    expect(keysOf('Causes').sort()).toEqual([...CAUSE_KEYS].sort())
    for (const key of CAUSE_KEYS)
      expect(Object.keys(explained('Causes', [key]).fix), key).toEqual(['C', 'Python', 'Java', 'Go'])
  })

  it('has a reason for every rule, and for nothing else', () => {
    expect(keysOf('Reasons of rules').sort()).toEqual([...new Set(RULES.map(({ because }) => because))].sort())
  })
})

describe('a cause that no mutant shows each time', () => {
  it('tells a client that did not read the answer from one that took it for wrong', () => {
    const fault = { id: 'C1.2', symptom: 'third-missing', ended: true, out: 'ERROR\n', values: { y: 6, z: 7 } } as const
    expect(causeOf(fault)).toBe('answer-not-read')
    expect(causeOf({ ...fault, out: 'HELLO 6\nERROR\n' })).toBe('takes-right-for-wrong')
  })

  it('reads what Node says of an exception, and takes no complaint for one', () => {
    const exit = { code: 1, signal: null }
    const fault = { id: 'S5.5', symptom: 'ended', received: '', exit } as const
    expect(causeOf({ ...fault, err: 'Error: read ECONNRESET\n    at TCP.onStreamRead\n\nNode.js v24\n' })).toBe(
      'exception-of-socket',
    )
    expect(causeOf({ ...fault, err: 'Error: connection reset\n' })).toBe('ended-itself')
  })
})

describe('the catalogue', () => {
  it('has different titles, of at most 60 characters', () => {
    for (const { id, title } of CASES) expect(title.length, id).toBeLessThanOrEqual(60)
    for (const side of [SERVER.cases, CLIENT.cases])
      expect(new Set(side.map(({ title }) => title)).size).toBe(side.length)
  })

  it('has a judge for each case, and for nothing else', () => {
    for (const { cases, judges } of [SERVER, CLIENT])
      expect(Object.keys(judges).sort()).toEqual(cases.map(({ id }) => id).sort())
  })

  it('names probes that exist', () => {
    for (const { id, probes } of CASES) {
      const known = (id.startsWith('S') ? serverProbes : clientProbes).map(({ name }) => name)
      for (const probe of probes) expect(known, id).toContain(probe)
    }
  })

  it('has every case that a rule names', () => {
    const ids = CASES.map(({ id }) => id)
    for (const { by, of } of RULES) {
      expect(ids).toContain(by)
      for (const one of of)
        expect(
          ids.some((id) => id === one || id.startsWith(`${one}.`) || id[0] === one),
          one,
        ).toBe(true)
    }
  })
})
