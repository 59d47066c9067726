import { mentions, visible } from '../../capture.js'
import { type Case, Fault, Unjudged } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { bytes, text } from '../../message.js'

const FULL_PIPE_MS = 300

export const printing: readonly Case<ClientLab>[] = [
  {
    id: 'C2.1',
    title: 'prints the answer on stdout',
    clause: 'HS-2.3',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    observes: 'output',
    explain: 'The line is looked for in whatever company it stands; its form is judged by C2.2.',
    async check(lab) {
      const run = await lab.usual()
      if (lab.printed(run)) return undefined
      const message = text(run.x + 1)
      const { out, err } = run.subject
      const elsewhere = mentions(err.text(), message)
      throw new Fault(`${message} is ${elsewhere ? 'printed on stderr' : 'not printed'}.`, {
        sent: run.answered,
        expected: `${message}\n`,
        received: elsewhere ? err.text() : out.text(),
        cause: elsewhere
          ? 'Messages go to stdout: printf, and not fprintf(stderr, ...) or perror.'
          : 'Print what the server answered: printf("%s\\n", buffer), then fflush(stdout).',
      })
    },
  },
  {
    id: 'C2.2',
    title: 'prints it as it came, on a line of its own',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 3,
    needs: ['C2.1'],
    after: ['C1.12', 'C1.14'],
    observes: 'output',
    explain:
      'Exactly the message, nothing before it and nothing behind it. NULs, carriage returns and blanks at the end are forgiven here (C2.4 judges them).',
    async check(lab) {
      const runs = [() => lab.usual()]
      if (lab.findings.verdicts.get('C1.12') === 'passed' && !lab.findings.small) runs.push(() => lab.numbered(-100))
      if (lab.findings.verdicts.get('C1.14') === 'passed') runs.push(() => lab.numbered(123456789))
      for (const made of lab.some(runs)) {
        const run = await made()
        const message = text(run.x + 1)
        const lines = run.subject.out.lines()
        if (!lines.includes(message)) {
          throw new Fault(`${message} does not stand alone on its line.`, {
            expected: bytes(message),
            received: bytes(lines.find((line) => mentions(line, message)) ?? lines[0] ?? ''),
            cause: 'Print the message and nothing else: no "Received:", no quotes; and a newline behind it.',
          })
        }
        if (!run.subject.out.text().includes('\n')) {
          throw new Fault('The line has no end.', {
            expected: bytes(`${message}\n`),
            received: bytes(run.subject.out.text()),
            cause: 'recv does not bring a newline, so print it: printf("%s\\n", buffer).',
          })
        }
      }
      return undefined
    },
  },
  {
    id: 'C2.3',
    title: 'prints nothing else on stdout',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 2,
    needs: ['C2.1'],
    observes: 'output',
    explain:
      'Only what was received is printed: not what is sent, no "Connected". To stderr with them, or away. What stands on the line of the answer itself is judged by C2.2.',
    async check(lab) {
      const run = await lab.usual()
      const message = text(run.x + 1)
      const lines = run.subject.out.lines()
      const others = lines.filter((line) => !mentions(line, message) && !line.startsWith('ERROR'))
      if (others.length === 0 && lines.filter((line) => mentions(line, message)).length <= 1) return undefined
      throw new Fault('There is more on stdout than the answer.', {
        expected: `${message}\n`,
        received: run.subject.out.text(),
        cause: 'Print to stderr what is meant for you: fprintf(stderr, ...).',
      })
    },
  },
  {
    id: 'C2.4',
    title: 'its line carries no NUL and no blanks at the end, and no line is empty',
    clause: 'HS-5.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['C2.1'],
    observes: 'output',
    explain: 'A terminal shows no NUL and no blank, but diff does.',
    async check(lab) {
      const run = await lab.usual()
      const raw = run.subject.out.text()
      // Behind the last newline stands nothing, or a line that C2.2 judges.
      const lines = raw.split('\n').slice(0, -1)
      const dirty = lines.find((line) => line === '' || visible(line) !== line)
      if (dirty === undefined) return undefined
      if (dirty === '' && run.answered.includes(0x0a)) {
        throw new Unjudged('blocked', 'blocked by C1.3: the empty line is the newline that it asked for')
      }
      throw new Fault(dirty === '' ? 'There is an empty line.' : 'A line carries bytes that nobody sees.', {
        expected: bytes(`${text(run.x + 1)}\n`),
        received: bytes(raw),
        cause: 'Print strlen(buffer) bytes and one newline.',
      })
    },
  },
  {
    id: 'C2.5',
    title: 'its line is out before Z is sent: it survives SIGKILL',
    clause: 'HS-5.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['C1.7', 'C2.1'],
    after: ['C2.3'],
    observes: 'output',
    explain:
      'The checker fills the pipe behind stdout before the program starts. A program that prints and flushes first has to wait there, and Z comes only when there is room again. A Z that comes at once was sent before the line was out: a kill would have lost it. Call fflush(stdout) after printf.',
    async check(lab) {
      const run = await lab.run(lab.number(), { fullForMs: FULL_PIPE_MS })
      if (run.subject.full) throw new Unjudged('not-observable', 'no pipe could be filled here')
      if (run.first.length === 0 && lab.findings.verdicts.get('C2.3') === 'failed')
        throw new Unjudged('blocked', 'blocked by C2.3: it prints something else before it speaks')
      lab.requireFirst(run)
      if (run.thirdWhileFull) {
        throw new Fault(`${text(run.x + 2)} was sent while ${text(run.x + 1)} was not out yet.`, {
          sent: run.answered,
          expected: `${text(run.x + 1)} on stdout, then ${text(run.x + 2)}`,
          received: 'Z, while stdout was full',
          cause:
            'stdout was not flushed before Z was sent: printf, fflush(stdout), then send. In Node, console.log does not wait for a pipe: fs.writeSync(1, line) does.',
        })
      }
      return undefined
    },
  },
]
