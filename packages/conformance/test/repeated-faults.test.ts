import { describe, expect, it } from 'vitest'
import { Fault, type FaultDetails } from '../src/case.js'
import { ServerFindings } from '../src/findings.js'
import { RepeatedFaults } from '../src/repeated-faults.js'

describe('one fault costs one case', () => {
  const ends = (text: string, words = '') => ({ text, words })
  const teller = () => {
    const repeated = new RepeatedFaults(new ServerFindings())
    return (id: string, harm: { text: string; words: string } | undefined, details: FaultDetails = {}) =>
      repeated.toldBefore(id, new Fault('', { received: harm?.text, ...details }), { harm, behind: false })
  }

  it('an end among many clients is no reason of what single ones do later', () => {
    const tell = teller()
    expect(tell('S2.8', ends('it ended with status 1', 'ERROR'))).toBeUndefined()
    expect(tell('S3.4', ends('it ended with status 1', 'ERROR'))).toBeUndefined()
    expect(tell('S5.2', ends('it ended with status 1', 'ERROR'))).toMatch(/^blocked by S3.4/)
  })

  it('a signal that comes of nothing but many clients is told once', () => {
    const tell = teller()
    expect(tell('S5.2', ends('it was killed by SIGSEGV'))).toBeUndefined()
    expect(tell('S5.9', ends('it was killed by SIGSEGV'))).toBeUndefined()
    expect(tell('S6.3', ends('it was killed by SIGSEGV'))).toMatch(/^blocked by S5.9/)
    expect(tell('S6.4', ends('it was killed by SIGABRT'))).toBeUndefined()
  })

  it('a fault of memory where no message came, or none that can be read, is told once', () => {
    const tell = teller()
    expect(tell('S5.2', ends('it was killed by SIGSEGV'))).toBeUndefined()
    expect(tell('S5.6', ends('it was killed by SIGSEGV'))).toMatch(/^blocked by S5.2/)
    expect(tell('S3.6', ends('it was killed by SIGSEGV'))).toMatch(/^blocked by S5.2/)
    expect(tell('S3.4', ends('it was killed by SIGSEGV'))).toBeUndefined()
    expect(tell('S5.7', ends('it ended with status 1'))).toBeUndefined()
  })

  it('what keeps it from closing after a wrong Z keeps it from the next client', () => {
    const findings = new ServerFindings()
    findings.verdicts.set('S3.3', 'failed')
    const repeated = new RepeatedFaults(findings)
    const tell = (id: string) =>
      repeated.toldBefore(id, new Fault('', { stuck: true }), { harm: undefined, behind: false })
    expect(tell('S3.4')).toMatch(/^blocked by S3.3/)
    expect(tell('S5.7')).toMatch(/^blocked by S3.3/)
    expect(tell('S5.2')).toBeUndefined()
  })

  it('who ends at every Z ends at the first of S5.1, too', () => {
    const tell = teller()
    expect(tell('S2.3', ends('it ended with status 1', 'zNum != xNum + #'))).toBeUndefined()
    expect(tell('S5.1', ends('it ended with status 1', 'zNum != xNum + #'))).toMatch(/^blocked by S2.3/)
  })
})
