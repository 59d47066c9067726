import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { checkClient, checkServer, type Report } from '../src/index.js'
import { type Build, compiler } from './compile.js'
import { MUTANTS, type Mutant, RIGHT_PROGRAMS, type RightProgram } from './mutants.js'

/** Everything against every mutant takes a quarter of an hour: `HS_EVERY_CASE=1`. Otherwise, what is meant for it. */
const EVERY_CASE = process.env.HS_EVERY_CASE === '1'
const MINUTE = 60_000

const hasCompiler = (() => {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const isClient = (source: string) => source.startsWith('client')
const buildOfMutant = ({ source, flag, more = [] }: Mutant): Build => ({
  source,
  flags: [flag, ...more].map((name) => `BUG_${name}`),
})
const buildOfRight = ({ source, flags = [] }: RightProgram): Build => ({ source, flags })

const SEVERAL_FAULTS: Build = { source: 'server', flags: ['BUG_EXIT_ON_ERROR', 'BUG_SIGPIPE', 'BUG_STRTOK'] }

const failed = ({ results }: Report) => results.filter(({ verdict }) => verdict === 'failed')
const count = (report: Report) =>
  failed(report)
    .filter(({ level }) => level !== 'MAY')
    .map(({ id }) => id)
/** What a person needs to see when a test of this file fails. */
const told = (report: Report) =>
  [
    report.notStarted,
    ...report.results
      .filter(({ verdict }) => verdict !== 'passed')
      .map(
        ({ id, verdict, note, fault }) =>
          `${id} ${verdict} ${note ?? ''} ${fault?.summary ?? ''} ${fault?.received ?? ''}`,
      ),
  ].join('\n')

describe.runIf(hasCompiler && process.platform === 'linux')('programs in C', () => {
  const programs = compiler()
  afterAll(() => programs.remove())

  const check = async (build: Build, options: Parameters<typeof checkServer>[1]) => {
    const path = await programs.program(build)
    return isClient(build.source)
      ? checkClient({ command: [path, '{host}', '{port}', '{sequence}'] }, options)
      : checkServer({ command: [path, '{port}'] }, options)
  }

  describe.concurrent('every mutant is caught by the case that is meant for it', () => {
    for (const mutant of MUTANTS) {
      const { source, flag, what, caught, also = [], expect: expected } = mutant
      it(`${caught} catches the ${source} that ${what} (${flag})`, { timeout: 5 * MINUTE }, async () => {
        const report = await check(buildOfMutant(mutant), {
          ...(!EVERY_CASE && { only: [caught] }),
          ...(expected && { expect: expected }),
          totalMs: 4 * MINUTE,
        })
        const fault = report.results.find(({ id }) => id === caught)?.fault
        expect(fault, told(report)).toBeDefined()
        expect(fault!.reproduce).toContain(`--only ${caught}`)
        if (EVERY_CASE)
          expect(
            count(report).filter((id) => id !== caught && !also.includes(id)),
            told(report),
          ).toEqual([])
      })
    }
  })

  describe.concurrent('one fault costs one case', () => {
    const blockedBy = ({ results }: Report, by: string) =>
      results.filter(({ note }) => note?.startsWith(`blocked by ${by}`)).map(({ id }) => id)

    it('what ends with the same words when a client leaves has told so when Z was wrong', {
      timeout: MINUTE,
    }, async () => {
      const report = await check(
        { source: 'server', flags: ['BUG_EXIT_ON_ANYTHING'] },
        { only: ['S3.4', 'S5.2', 'S5.4', 'S5.5', 'S5.8'] },
      )
      expect(count(report), told(report)).toEqual(['S3.4'])
      expect(blockedBy(report, 'S3.4')).toEqual(['S5.2', 'S5.4', 'S5.5', 'S5.8'])
    })

    it('who sends as many bytes as it received sends a NUL only where it got one', { timeout: MINUTE }, async () => {
      for (const other of ['BUG_STALE', 'BUG_DIGITS_IN_MEMORY']) {
        const report = await check(
          { source: 'server', flags: ['BUG_LENGTH_OF_RECEIVED', other] },
          { only: ['S1.1', 'S1.6', 'S1.10', 'S1.12'] },
        )
        expect(count(report), told(report)).toEqual(expect.arrayContaining(['S1.12']))
        expect(count(report), told(report)).not.toContain('S1.6')
      }
    })

    it('memory behind a message is told, also by who ends itself at every Z', { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server', flags: ['BUG_UNENDED', 'BUG_EXIT_AT_Z'] },
        { only: ['S1.10', 'S2', 'S3.2', 'S5.1'] },
      )
      expect(count(report), told(report)).toEqual(['S1.10', 'S2.3'])
      expect(blockedBy(report, 'S2.3'), told(report)).toEqual(expect.arrayContaining(['S3.2', 'S5.1']))
    })

    it("ERROR that is late is not taken for the next client's", { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server-select', flags: ['BUG_ZERO_IS_NOTHING', 'BUG_ERROR_WHEN_LEFT'] },
        { only: ['S1.6', 'S1.10', 'S1.14', 'S3.5'] },
      )
      expect(count(report), told(report)).toEqual(['S1.14'])
    })

    it('answers that stand behind one another are read where they stand', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_STRCAT'] }, { only: ['S1', 'S5.1'] })
      expect(count(report), told(report)).toEqual(['S1.4'])
    })

    it('a state that survives a client is told once', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_COUNTER_STAYS'] }, { only: ['S3.6', 'S5'] })
      expect(count(report), told(report)).toEqual(['S5.4'])
      expect(blockedBy(report, 'S5.4')).toContain('S5.5')
    })

    it('a Z that is not printed because it is taken for wrong is told by the ERROR', { timeout: MINUTE }, async () => {
      const flags = ['BUG_WRONG_COMPARE', 'BUG_PRINTS_ONLY_RIGHT']
      const report = await check({ source: 'server', flags }, { only: ['S2', 'S3'] })
      expect(count(report), told(report)).toEqual(['S3.5'])
      expect(blockedBy(report, 'S3.5')).toEqual(['S2.3', 'S3.1'])
    })

    it('a complaint of every Z is told once, also where its word is not ERROR', { timeout: MINUTE }, async () => {
      const flags = ['BUG_WRONG_COMPARE', 'BUG_ERROR_LOWER']
      const report = await check({ source: 'server', flags }, { only: ['S2', 'S3.5'] })
      expect(count(report), told(report)).toEqual(['S3.5'])
    })

    it('the same signal after what is no message is told once', { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server', flags: ['BUG_STRTOK', 'BUG_OVERFLOW'] },
        { only: ['S5.5', 'S5.6', 'S5.7'] },
      )
      expect(count(report), told(report)).toEqual(['S5.6'])
      expect(blockedBy(report, 'S5.6')).toEqual(['S5.7'])
    })

    it('who closes a connection on the way to its own end has ended', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_EXIT_ON_GARBAGE'] }, { only: ['S5.6', 'S7.4'] })
      expect(count(report), told(report)).toEqual(['S5.6'])
      expect(blockedBy(report, 'S5.6'), told(report)).toEqual(['S7.4'])
    })

    it('answers that grow are what clients in a row are lost by', { timeout: MINUTE }, async () => {
      const flags = ['BUG_STRCAT', 'BUG_LITTLE_ROOM']
      const report = await check({ source: 'server', flags }, { only: ['S5.9', 'S5.10', 'S6.4'] })
      expect(count(report), told(report)).toEqual([])
      expect(blockedBy(report, 'S1.4')).toEqual(['S5.9', 'S5.10', 'S6.4'])
    })

    it('a client that waits only after Z closes when Y is wrong', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'client', flags: ['BUG_WAITS_FOR_SERVER'] }, { only: ['C3.3', 'C4.1'] })
      expect(count(report), told(report)).toEqual(['C4.1'])
      expect(report.results.find(({ id }) => id === 'C3.3')?.verdict, told(report)).toBe('passed')
    })

    it('an end after many clients is told by their number', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_GIVES_UP'] }, { only: ['S5.9'] })
      expect(report.results[0]?.fault?.cause, told(report)).toContain('after 101 right handshakes')
    })

    it('a client that waits for the end of the server is waited for once', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'client', flags: ['BUG_CLOSES_HALF'] }, { skip: ['C4.8'] })
      expect(count(report), told(report)).toEqual(['C4.2'])
      expect(report.results.filter(({ durationMs }) => durationMs >= 2000).length).toBeLessThan(6)
    })

    it('a message that is taken for a Z is no sign of a loop', { timeout: MINUTE }, async () => {
      const flags = ['BUG_COUNTER_STAYS', 'BUG_WAITS_FOR_CLOSE']
      const report = await check({ source: 'server', flags }, { only: ['S5.4'] })
      expect(report.results[0]?.fault?.cause, told(report)).toMatch(/^It did not answer, and yet it goes on/)
    })

    it('who catches no exception is told so once, by its words', { timeout: MINUTE }, async () => {
      for (const [source, only, by] of [
        ['server', ['S3.6', 'S5.2', 'S5.6', 'S5.7'], 'S5.2'],
        ['client', ['C3.6', 'C4.4', 'C4.5', 'C4.6'], 'C4.4'],
      ] as const) {
        const report = await check({ source, flags: ['BUG_THROWS'] }, { only })
        expect(count(report), told(report)).toEqual([by])
        expect(report.results.find(({ id }) => id === by)?.fault?.cause).toContain('An exception that nobody caught')
      }
    })

    it('lines that are not ended are told once, be they messages or ERROR', { timeout: MINUTE }, async () => {
      const flags = ['BUG_NO_NEWLINE', 'BUG_ERROR_OPEN']
      const report = await check({ source: 'server', flags }, { only: ['S2.2', 'S3.2'] })
      expect(count(report), told(report)).toEqual(['S2.2'])
    })

    it('connections that are mixed up are told by the four', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server-poll', flags: ['BUG_STATES_STAY'] }, { only: ['S6.2', 'S6.3'] })
      expect(count(report), told(report)).toEqual(['S6.2'])
    })

    it('connections that are not closed when a client leaves are told once', { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server-epoll', flags: ['BUG_GOES_ON_AT_END'] },
        { only: ['S5.10', 'S5.12'] },
      )
      expect(count(report), told(report)).toEqual(['S5.10'])
      expect(blockedBy(report, 'S5.10')).toEqual(['S5.12'])
    })

    it('who has no digits below zero has none behind the largest int', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_OWN_DIGITS'] }, { only: ['S1.13', 'S1.16'] })
      expect(count(report), told(report)).toEqual(['S1.13'])
      expect(blockedBy(report, 'S1.13')).toEqual(['S1.16'])
    })

    it('a Z that is not read is told by Z that is not printed', { timeout: MINUTE }, async () => {
      const flags = ['BUG_ONE_SHOT']
      const report = await check({ source: 'server-epoll', flags }, { only: ['S2.3', 'S3', 'S4', 'S5.10'] })
      expect(count(report), told(report)).toEqual(['S2.3'])
      expect(report.results.find(({ id }) => id === 'S2.3')?.fault?.cause).toContain('EPOLLONESHOT')
      expect(blockedBy(report, 'S2.3'), told(report)).toEqual(expect.arrayContaining(['S3.3', 'S4.1', 'S5.10']))
    })

    it('a Z that is taken for wrong was read', { timeout: MINUTE }, async () => {
      const flags = ['BUG_WRONG_COMPARE', 'BUG_PRINTS_ONLY_RIGHT', 'BUG_NEVER_CLOSES']
      const report = await check({ source: 'server', flags }, { only: ['S2.3', 'S3.5', 'S4.1'] })
      expect(count(report), told(report)).toEqual(['S3.5', 'S4.1'])
    })

    it('who does not come back after a wrong Z is told so once', { timeout: MINUTE }, async () => {
      const flags = ['BUG_HANGS_ON_ERROR']
      const report = await check({ source: 'server', flags }, { only: ['S3', 'S5.7'] })
      expect(count(report), told(report)).toEqual(['S3.4'])
      expect(blockedBy(report, 'S3.4')).toEqual(['S5.7'])
    })

    it('who is busy for long with a wrong Z is told so by the connection that stays open', {
      timeout: MINUTE,
    }, async () => {
      const flags = ['BUG_SLEEPS_ON_ERROR']
      const report = await check({ source: 'server', flags }, { only: ['S3', 'S5.7'] })
      expect(count(report), told(report)).toEqual(['S3.3'])
      expect(blockedBy(report, 'S3.3')).toContain('S5.7')
    })

    it('what has no room for five digits is told by the large numbers', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_FOUR_DIGITS'] }, { only: ['S1'] })
      expect(count(report), told(report)).toEqual(['S1.15'])
      expect(blockedBy(report, 'S1.15')).toEqual(expect.arrayContaining(['S1.12', 'S1.13']))
    })

    it('who refuses clients after so many is told so by their number', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_FULL'] }, { only: ['S1', 'S2', 'S5.9'] })
      expect(count(report), told(report)).toEqual(['S5.9'])
    })

    it('a server that takes its time is asked to serve fewer in a row', { timeout: 2 * MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['TAKES_ITS_TIME'] }, { only: ['S5.9'] })
      expect(report.results[0]?.verdict, told(report)).toBe('passed')
      expect(report.results[0]?.note).toContain('takes its time')
    })

    it('causes name what was seen', { timeout: MINUTE }, async () => {
      for (const [source, flag, id, words] of [
        ['server', 'SENDS_ERROR', 'S3.2', 'ERROR is sent to the client'],
        ['server', 'TEXT_PLUS_ONE', 'S1.1', 'still text'],
        ['server', 'UNTIL_END', 'S1.1', 'Nothing came'],
        ['client', 'LENGTH_IN_FRONT', 'C1.4', 'writeUTF'],
        ['client', 'NO_SIGN', 'C1.12', 'without its sign'],
        ['client', 'READS_LENGTH_OF_SENT', 'C1.11', 'Only 7 bytes'],
        ['server', 'SIZE_OF_POINTER', 'S1.1', 'the size of a pointer'],
        ['server', 'NO_SIGN', 'S1.13', 'without its sign'],
        ['server', 'OWN_DIGITS', 'S1.13', 'the minus sign'],
        ['server', 'READS_FOUR_DIGITS', 'S1.15', 'Digits were lost'],
        ['server', 'IMPATIENT', 'S4.2', 'did not wait for the message'],
        ['server-fork', 'CHILD_GOES_ON', 'S5.10', 'Processes stay'],
      ] as const) {
        const report = await check({ source, flags: [`BUG_${flag}`] }, { only: [id] })
        expect(report.results[0]?.fault?.cause, `${flag}: ${told(report)}`).toContain(words)
      }
    })

    it('who serves one client, and nobody else, is told so once', { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server-select', flags: ['BUG_SET_ONCE'] },
        { only: ['S1', 'S2', 'S3', 'S4', 'S5.1'] },
      )
      expect(count(report), told(report)).toEqual(['S5.1'])
      expect(report.results.find(({ id }) => id === 'S5.1')?.fault?.cause).toContain('fill the set again')
    })

    it('a client that does not read the last digit is told so once', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'client', flags: ['BUG_READS_LENGTH_OF_SENT'] }, { only: ['C1.11', 'C3.1'] })
      expect(count(report), told(report)).toEqual(['C1.11'])
    })

    it('a client that complains of a fourth message that does not come is told so once', {
      timeout: MINUTE,
    }, async () => {
      const report = await check({ source: 'client', flags: ['BUG_WAITS_FOR_MORE'] }, { only: ['C3.5', 'C4.1'] })
      expect(count(report), told(report)).toEqual(['C4.1'])
      expect(blockedBy(report, 'C4.1')).toEqual(['C3.5'])
    })

    it('what is left in a buffer is told once, also where a NUL does not end a text', { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server', flags: ['BUG_STALE_BEHIND_NUL'] },
        { only: ['S1.10', 'S1.12', 'S2.4', 'S3', 'S5.6', 'S5.7', 'S5.9', 'S6.3'] },
      )
      expect(count(report), told(report)).toEqual(['S1.10'])
    })

    it('a client that says something before it speaks has not sent Z too early', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'client', flags: ['BUG_GREETING'] }, { only: ['C2.3', 'C2.5'] })
      expect(count(report), told(report)).toEqual(['C2.3'])
      expect(blockedBy(report, 'C2.3')).toEqual(['C2.5'])
    })

    it('a NUL in front of a message does not follow it', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'client', flags: ['BUG_LENGTH_IN_FRONT'] }, { only: ['C1.4', 'C1.6'] })
      expect(count(report), told(report)).toEqual(['C1.4'])
    })

    it('what is said before it listens holds nobody up', { timeout: MINUTE }, async () => {
      const report = await check(
        { source: 'server', flags: ['BUG_GREETING_FIRST'] },
        { only: ['S2.5', 'S2.9', 'S6.3'] },
      )
      expect(count(report), told(report)).toEqual(['S2.5'])
    })

    it('connections that are forgotten are told by the four', { timeout: MINUTE }, async () => {
      const flags = ['BUG_SET_ONCE', 'BUG_LISTENER_AGAIN']
      const report = await check({ source: 'server-select', flags }, { only: ['S6.2', 'S6.3'] })
      expect(count(report), told(report)).toEqual(['S6.2'])
      expect(report.results.find(({ id }) => id === 'S6.2')?.fault?.cause).toContain('filled again before each select')
    })

    it('a colour is not what memory held', { timeout: MINUTE }, async () => {
      const report = await check({ source: 'server', flags: ['BUG_COLOUR'] }, { only: ['S1.10', 'S2.2'] })
      expect(count(report), told(report)).toEqual(['S2.2'])
    })

    it('a fault of another kind is told beside it', { timeout: MINUTE }, async () => {
      const report = await check(SEVERAL_FAULTS, { only: ['S3.4', 'S5'] })
      expect(count(report), told(report)).toEqual(expect.arrayContaining(['S3.4', 'S5.5', 'S5.6']))
    })
  })

  describe.concurrent('no right program fails anything', () => {
    for (const program of RIGHT_PROGRAMS) {
      const { source, flags = [], nature, robust = false, told: expected = [] } = program
      const name = [source, ...flags].join(' ')
      it(`${name}${robust ? ' --strict' : ''}`, { timeout: 5 * MINUTE }, async () => {
        const report = await check(buildOfRight(program), { strict: robust })
        expect(count(report), told(report)).toEqual(expected)
        expect(report.passed, told(report)).toBe(true)
        expect(
          report.results.filter(({ verdict }) => verdict === 'not-run' || verdict === 'blocked'),
          told(report),
        ).toEqual([])
        if (robust) expect(failed(report), told(report)).toEqual([])
        if (nature) expect(report.profile.nature).toBe(nature)
      })
    }
  })
})

describe.runIf(process.platform === 'linux')('our own programs pass everything with --strict', () => {
  const server = new URL('../../../apps/cli-server/dist/tcpserver.js', import.meta.url).pathname
  const client = new URL('../../../apps/cli-client/dist/tcpclient.cjs', import.meta.url).pathname

  it('what a runtime reserves for itself is no thread that stays behind', { timeout: MINUTE }, async () => {
    const plain = `require('net').createServer((socket) => {
      let x
      socket.on('error', () => {})
      socket.on('data', (data) => {
        console.log(String(data))
        if (x !== undefined) return socket.end()
        x = Number(String(data).split(' ')[1])
        socket.write('HELLO ' + (x + 1))
      })
    }).listen(process.argv[1])`
    const report = await checkServer({ command: [process.execPath, '-e', plain, '{port}'] }, { only: ['S5.13'] })
    expect(report.results[0]?.verdict, told(report)).toBe('passed')
  })

  for (const strategy of ['sequential', 'events', 'threads'] as const) {
    for (const transport of ['node', 'linux']) {
      const options = ['--strategy', strategy, '--transport', transport]
      it(`tcpserver ${options.join(' ')}`, { timeout: 3 * MINUTE }, async () => {
        const command = [process.execPath, server, '{port}', ...options]
        const report = await checkServer({ command }, { strict: true, expect: strategy })
        expect(failed(report), told(report)).toEqual([])
        expect(report.passed, told(report)).toBe(true)
        expect(report.counts['not-run'] + report.counts.blocked).toBe(0)
      })
    }
  }

  it('tcpclient', { timeout: 3 * MINUTE }, async () => {
    const report = await checkClient(
      { command: [process.execPath, client, '{host}', '{port}', '{sequence}'] },
      { strict: true },
    )
    expect(failed(report), told(report)).toEqual([])
    expect(report.passed, told(report)).toBe(true)
  })
})
