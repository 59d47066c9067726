import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type CaseResult, judgeRecording, matrixPage, type Report, render } from '../src/index.js'
import { comparison } from '../src/report/comparison.js'
import { languageOf } from '../src/report/language.js'
import { countVerdicts, isObstacle, scoreOf } from '../src/report/report.js'
import { readRecording } from './recordings.js'
import { violations } from './schema.js'

const result = (id: string, rest: Partial<CaseResult> = {}): CaseResult => ({
  id,
  title: `title of ${id} <&">`,
  clause: 'HS-1.1',
  clauseText: 'A message is `HELLO`',
  level: 'MUST',
  weight: 2,
  verdict: 'passed',
  durationMs: 12,
  ...rest,
})

const fault = {
  summary: 'The answer to HELLO 9 is not HELLO 10.',
  sent: 'HELLO 9',
  expected: 'HELLO 10',
  received: 'HELLO 1\\x1b]]>',
  comparison: comparison(Buffer.from('HELLO 10'), Buffer.from('HELLO 1')),
  cause: 'The reply carries as many bytes as were received.',
  causeKey: 'length-of-received',
  fix: { C: 'send(client, reply, strlen(reply), 0); // & <', Python: 'client.sendall(reply)' },
  steps: [{ atMs: 0.1, by: 'checker' as const, text: 'HELLO 9' }],
  diagram: '|--- HELLO 9 -->|',
  reproduce: 'npx @hs/conformance server --only S1.1 --seed 1 -- ./x {port}',
}

function reportOf(results: CaseResult[], rest: Partial<Report> = {}): Report {
  return {
    format: 2,
    version: '1.2.3',
    kind: 'server',
    name: 'x & <y>',
    target: '-- ./x {port}',
    seed: 1,
    strict: false,
    passed: !results.some(isObstacle),
    profile: { nature: 'threads', terminator: 'nul', errors: 'stdout', arithmetic: 'int32' },
    score: scoreOf(results),
    counts: countVerdicts(results),
    durationMs: 1234,
    results,
    ...rest,
  }
}

const all = reportOf([
  result('S1.1'),
  result('S1.5', { verdict: 'failed', fault }),
  result('S1.6', { verdict: 'failed', level: 'SHOULD', weight: 1, fault }),
  result('S2.1', { verdict: 'blocked', note: 'blocked by S1.5', blocked: { by: 'S1.5', why: 'x' } }),
  result('S2.5', { verdict: 'not-observable', note: 'only an address' }),
  result('S6.2', { verdict: 'not-applicable', note: 'sequential' }),
  result('S7.4', { verdict: 'failed', level: 'MAY', fault }),
  result('S8.1', { verdict: 'failed', known: true, fault }),
])

describe('the score', () => {
  it('counts what passed, out of what was judged or should have been', () => {
    // S1.1, S1.5, S1.6, S2.1, S8.1; not what cannot be seen, does not apply, or is a MAY.
    expect(all.score).toEqual({ earned: 2, possible: 9 })
  })

  it('takes no case for passed that did not run', () => {
    expect(isObstacle(result('S1.1', { verdict: 'not-run' }))).toBe(true)
    expect(isObstacle(result('S1.1', { verdict: 'blocked' }))).toBe(true)
    expect(isObstacle(result('S1.1', { verdict: 'failed', known: true }))).toBe(false)
    expect(isObstacle(result('S1.1', { verdict: 'not-observable' }))).toBe(false)
  })
})

describe('reporters', () => {
  it('pretty teaches: bytes with a caret, the clause, the cause, the picture and the line that repeats it', () => {
    const text = render(all, 'pretty')
    expect(text).toContain(
      'expected  HELLO 10  (8 bytes)\n    received  HELLO 1  (7 bytes)\n                     ^ ends here',
    )
    expect(text).toContain('HS-1.1    A message is `HELLO`')
    expect(text).toContain('Probable cause: The reply carries')
    expect(text).toContain('|--- HELLO 9 -->|')
    expect(text).toContain('Again: npx @hs/conformance server --only S1.1 --seed 1')
    expect(text).not.toContain('\x1b')
    expect(render(all, 'pretty', { colour: true })).toContain('\x1b[31m')
  })

  it('show the line that mends it in the language of the program, if that is known', () => {
    const line = 'send(client, reply, strlen(reply), 0); // & <'
    for (const name of ['pretty', 'tap', 'github'] as const) {
      expect(render(all, name), name).toContain(`C: ${line}`)
      expect(render(all, name), name).not.toContain('sendall')
      const python = { ...all, target: '-- python3 server.py {port}' }
      expect(render(python, name), name).toContain('Python: client.sendall(reply)')
      expect(render({ ...all, target: '-- ruby server.rb {port}' }, name), name).not.toContain('strlen')
    }
    expect(render(all, 'junit')).toContain('C: send(client, reply, strlen(reply), 0); // &amp; &lt;')
    expect(JSON.parse(render(all, 'gradescope')).tests[1].output).toContain(line)
    expect(matrixPage([all], [{ name: 'a', command: 'x' }])).toContain('strlen(reply), 0); // &amp; &lt;</code>')
  })

  it('say how many optional cases are not done, and do not count them as failed', () => {
    for (const name of ['pretty', 'github', 'gradescope'] as const)
      expect(render(all, name), name).toContain('1 passed, 3 failed, 1 blocked, 1 optional and not done, ')
    const { tests } = JSON.parse(render(all, 'gradescope'))
    expect(tests.find(({ number }: { number: string }) => number === 'S7.4')).not.toHaveProperty('status')
  })

  it('name the limit that ended a run', () => {
    const stopped = reportOf([result('S1.1', { verdict: 'not-run' })], {
      stoppedBy: '--total-timeout 5s',
      passed: false,
    })
    for (const name of ['pretty', 'tap', 'github', 'gradescope', 'json'] as const)
      expect(render(stopped, name), name).toContain('--total-timeout 5s')
    expect(matrixPage([stopped], [])).toContain('--total-timeout 5s')
  })

  it('pretty fits into a narrow terminal: words are broken between them, and the picture is drawn narrower', () => {
    const lines = render(all, 'pretty', { columns: 40 }).split('\n')
    expect(lines.filter((line) => line.length > 40 && !/npx |C: /.test(line))).toEqual([])
    expect(lines).toContain('        0 ms |-------- HELLO 9 ------->|')
  })

  it('TAP has one line per case, and fails only where the run does', () => {
    const lines = render(all, 'tap').split('\n')
    expect(lines.slice(0, 2)).toEqual(['TAP version 13', '1..8'])
    const points = lines.filter((line) => /^(not )?ok /.test(line))
    expect(points).toHaveLength(8)
    const failures = points.filter((line) => line.startsWith('not ok') && !line.includes('# TODO'))
    expect(failures.map((line) => /S\d\.\d/.exec(line)![0])).toEqual(['S1.5', 'S2.1'])
    expect(points.filter((line) => line.includes('# SKIP'))).toHaveLength(2)
    // `prove` reads no further than to an empty line.
    expect(lines.slice(0, -1)).not.toContain('')
  })

  it('JUnit is well-formed XML whose counts are right', () => {
    const xml = render(all, 'junit')
    expect(xml).toContain('tests="8" failures="2" errors="0" skipped="5"')
    const open: string[] = []
    for (const [, close, name, empty] of xml.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name)
      else if (!empty) open.push(name!)
    }
    expect(open).toEqual([])
    expect(xml).toContain('x &amp; &lt;y&gt;')
  })

  it('JSON of real runs fits its published schema, whatever the run was', () => {
    const schema = JSON.parse(readFileSync(new URL('../schema/report.schema.json', import.meta.url), 'utf8'))
    const reports = ['server', 'client', 'server-NO_FLUSH', 'client-NO_Z', 'client-LINES'].flatMap((name) => {
      const recording = readRecording(name)
      const stopped = {
        ...recording,
        observations: recording.observations.slice(0, 1),
        stoppedBy: '--total-timeout 1s',
      }
      return [recording, stopped, { ...recording, observations: [], notStarted: 'not found' }].map((one) =>
        judgeRecording(one, { strict: name === 'server', baseline: ['C1.2'] }),
      )
    })
    for (const report of reports) expect(violations(schema, JSON.parse(render(report, 'json')))).toEqual([])
  })

  it('JSON fits its published schema, which refuses what is not in it', () => {
    const schema = JSON.parse(readFileSync(new URL('../schema/report.schema.json', import.meta.url), 'utf8'))
    expect(violations(schema, JSON.parse(render(all, 'json')))).toEqual([])
    expect(violations(schema, { ...all, surprise: 1 })).toEqual(['/: must NOT have additional properties'])
    expect(violations(schema, { ...all, kind: 'thing' })).toEqual(['/kind: must be equal to one of the allowed values'])
  })

  it('Gradescope gets points for what passed, and none to give for what was not seen', () => {
    const { score, tests } = JSON.parse(render(all, 'gradescope', { visibility: 'hidden' }))
    expect(score).toBe(2)
    expect(tests).toHaveLength(7)
    expect(tests.every((test: { visibility: string }) => test.visibility === 'hidden')).toBe(true)
    const sum = tests.reduce((total: number, test: { max_score?: number }) => total + (test.max_score ?? 0), 0)
    expect(sum).toBe(all.score.possible)
    expect(tests.find((test: { number: string }) => test.number === 'S2.5')).not.toHaveProperty('max_score')
  })

  it('the GitHub summary has a row for each case and folds the lessons', () => {
    const markdown = render(all, 'github')
    expect(markdown.match(/^\| .+ \| S\d\.\d /gm)).toHaveLength(8)
    expect(markdown.match(/<details>/g)).toHaveLength(3)
  })

  it('say why a program could not be started', () => {
    const report = reportOf([], { notStarted: 'no such file', passed: false })
    expect(render(report, 'tap')).toContain('Bail out! no such file')
    expect(render(report, 'junit')).toContain('<error message="no such file"/>')
    for (const name of ['pretty', 'github', 'gradescope'] as const)
      expect(render(report, name)).toContain('no such file')
  })
})

describe('the language of a program', () => {
  it.each([
    ['-- ./tcpserver {port}', 'C'],
    ['-- /opt/python/tcpserver {port}', 'C'],
    ['-- stdbuf -oL /usr/bin/python3.12 -u x {port}', 'Python'],
    ['-- ./server.py {port}', 'Python'],
    ["-- sh -c 'cd x && exec python3 server.py {port}'", 'Python'],
    ['-- java -cp build Server {port}', 'Java'],
    ['-- go run server.go {port}', 'Go'],
    ['-- node server.js {port}', undefined],
    ['-- ./run.rb {port}', undefined],
    ['127.0.0.1:9000', undefined],
  ])('of %s is %s', (target, language) => {
    expect(languageOf(target)).toBe(language)
  })
})

describe('the matrix page', () => {
  it('is one file that loads nothing else, and shows peer bytes as text', () => {
    const page = matrixPage([all, all, all], [{ name: 'a', command: 'x' }])
    expect(page).not.toMatch(/(?:src|href)="(?!#)/)
    expect(page).not.toMatch(/url\(|@import/)
    expect(page).toContain('x &amp; &lt;y&gt;')
    expect(page).not.toContain('<y>')
    expect(page).toContain('@media screen and (prefers-color-scheme: dark)')
    expect(page).toContain('@media print')
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!)
    for (const id of targets) expect(page).toContain(`id="${id}"`)
  })
})
