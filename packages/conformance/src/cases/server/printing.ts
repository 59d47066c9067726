import { setTimeout as sleep } from 'node:timers/promises'
import { isError, mentions, OUTPUT_MS, visible } from '../../capture.js'
import { type Case, Fault, Unjudged } from '../../case.js'
import { FROM_THE_BEGINNING } from '../../error-line.js'
import { bytes, hello, text } from '../../message.js'
import type { ServerLab } from '../../server-lab.js'
import { causeOfFate, died, fate, type Instance } from '../../server-program.js'
import { QUIET_MS } from '../../wire.js'

/** How long a program may hesitate that is not held up by a full pipe. */
const FULL_PIPE_MS = 250

/** How often many clients speak at once; torn lines are rare. After so many of them no more are needed. */
const ROUNDS = 16
const ENOUGH = 3
/** In so many rounds, the first, a process begins with a full pipe behind its stdout. */
const FULL_ROUNDS = 3
/** How many clients speak at once. */
const CROWD = 24
/** How long clients that come at once may take to get their connections. */
const CROWD_MS = 8000

const printNumber =
  'Print the bytes that came, before anything else is done with them: printf("%s\\n", buffer), then fflush(stdout).'

const NOT_READ =
  'Nothing is done when Z has come: after the answer, call recv once more, print what it brings, and close. An event loop has to wait for the connection again (with EPOLLONESHOT it waits once).'

/** A whole handshake on the shared process, and what it printed. */
async function printedBy(lab: ServerLab, x: number) {
  const instance = await lab.shared()
  const mark = lab.mark(instance)
  const exchange = await lab.exchange(instance, x)
  if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
  await lab.finish(exchange)
  const { z } = exchange
  const lines = lab.lines(instance)
  const from = lines === instance.subject!.err ? mark.err : mark.out
  await lines.until(() => mentions(lines.text(from), text(x)) && mentions(lines.text(from), text(z!)), OUTPUT_MS)
  return { exchange, z: z!, raw: lines.text(from), capture: lines, from, instance, mark }
}

export const printing: readonly Case<ServerLab>[] = [
  {
    id: 'S2.1',
    title: 'prints the first message on stdout',
    clause: 'HS-2.2',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1'],
    observes: 'output',
    explain:
      'The line is looked for in whatever company it stands; its form is judged by S2.2. Where nothing is seen on the pipe, the program is started again without buffering, so that a missing fflush costs S2.6 and not this case.',
    async check(lab) {
      const { printing, first, output } = await lab.facts()
      const { out, err } = output!
      if (printing === 'late') return 'seen only after much had been printed (S2.6)'
      if (printing === 'stderr') {
        throw new Fault(`${text(first.x)} is printed on stderr.`, {
          expected: `${text(first.x)} on stdout`,
          received: err.text(),
          cause: 'Messages go to stdout: printf, or write(1, ...), and not fprintf(stderr, ...) or perror.',
        })
      }
      if (mentions(out.text(), text(first.x))) return undefined
      throw new Fault(`${text(first.x)} is not printed.`, {
        sent: first.sent,
        expected: `${text(first.x)}\n`,
        received: out.text(),
        cause: printNumber,
      })
    },
  },
  {
    id: 'S2.2',
    title: 'prints each message as it came, on a line of its own, in order',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 3,
    needs: ['S2.1'],
    observes: 'output',
    explain:
      'Exactly the message, nothing before it and nothing behind it but a newline. NULs, carriage returns and blanks at the end of a line are forgiven here (S2.7 judges them).',
    async check(lab) {
      lab.requireOutput()
      const first = await printedBy(lab, lab.number())
      // The next line shows whether the last one was ended.
      const second = await printedBy(lab, lab.number())
      const same = first.instance === second.instance
      const raw = same ? second.capture.text(first.from) : first.raw
      const lines = raw
        .split('\n')
        .map(visible)
        .filter((line) => line !== '')
      const wanted = [first, ...(same ? [second] : [])].flatMap(({ exchange, z }) => [text(exchange.x), text(z)])
      const own = lines.filter((line) => wanted.some((message) => mentions(line, message)))
      const missing = wanted.filter((message) => mentions(raw, message) && !lines.includes(message))
      // What is not printed at all is another case's.
      if (missing.length > 0) {
        const line = own.find((one) => mentions(one, missing[0]!)) ?? raw
        const both = wanted.filter((message) => mentions(line, message)).length > 1
        lab.findings.linesOpen = both
        throw new Fault(both ? 'Two messages stand on one line.' : `${missing[0]} does not stand alone on its line.`, {
          expected: bytes(missing[0]!),
          received: bytes(line),
          cause: both
            ? 'The newline is missing: recv does not bring one, so print it: printf("%s\\n", buffer).'
            : 'Print the message and nothing else: no "Received:", no quotes, no name of the client.',
        })
      }
      const order = lines.filter((line) => wanted.includes(line))
      const inOrder = wanted.filter((message) => order.includes(message))
      if (
        order.slice(0, inOrder.length).some((line, at) => line !== inOrder[at]) &&
        new Set(order).size === order.length
      ) {
        throw new Fault('The lines are in the wrong order.', {
          expected: wanted.join('\n'),
          received: order.join('\n'),
        })
      }
      return undefined
    },
  },
  {
    id: 'S2.3',
    title: 'prints the third message of the handshake, Z',
    clause: 'HS-2.5',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S2.1', 'S4.2'],
    after: ['S3.5'],
    observes: 'output',
    explain: 'The server prints both messages that it receives: X and Z.',
    async check(lab) {
      lab.requireOutput()
      const { raw, z, instance, mark } = await printedBy(lab, lab.number())
      if (mentions(raw, text(z))) return undefined
      // A server that prints Z only where it is right, and takes it for wrong, has one fault to mend first.
      if (lab.findings.verdicts.get('S3.5') === 'failed' && (await lab.errorPrinted(instance, mark, 0)).right) {
        throw new Unjudged('blocked', 'blocked by S3.5: ERROR is printed instead')
      }
      await died(instance)
      throw new Fault(`${text(z)} is not printed.`, {
        sent: hello(z),
        expected: `${text(z)}\n`,
        received: fate(instance) ?? raw,
        cause:
          causeOfFate(instance) ??
          ((await lab.ignoresThird()) ? NOT_READ : undefined) ??
          `The second recv is there, but what it brought is not printed (or not flushed). ${printNumber}`,
      })
    },
  },
  {
    id: 'S2.4',
    title: 'prints short, long and negative messages whole',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 2,
    needs: ['S2.1', 'S1.13', 'S1.15'],
    observes: 'output',
    explain: 'What is printed is the message that came, whatever its length: HELLO 8, HELLO -50, HELLO 1234567890.',
    async check(lab) {
      lab.requireOutput()
      for (const x of [8, -50, 1234567890]) {
        const { raw } = await printedBy(lab, x)
        if (!mentions(raw, text(x))) {
          throw new Fault(`${text(x)} is not printed as it came.`, {
            sent: hello(x),
            expected: bytes(text(x)),
            received: bytes(raw.split('\n')[0] ?? ''),
            cause: 'Print the bytes that came, all of them, and not a number that was made of them.',
          })
        }
      }
      return undefined
    },
  },
  {
    id: 'S2.5',
    title: 'prints nothing else on stdout',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 2,
    needs: ['S2.1', 'S2.2'],
    after: ['S3.5'],
    observes: 'output',
    explain:
      'Whoever grades compares stdout line by line. Greetings, "Server listening on port 9000", "Client connected", the answer that was sent: to stderr with them, or away. Empty lines are judged by S2.7, lines that complain of Z by S3.5.',
    async check(lab) {
      lab.requireOutput()
      const instance = await lab.fresh()
      const expected = new Set<string>()
      for (let round = 0; round < 2; round++) {
        const exchange = await lab.exchange(instance, lab.number())
        if (!exchange.right) break
        await lab.finish(exchange)
        expected.add(text(exchange.x)).add(text(exchange.z!))
        await lab.printed(instance, text(exchange.z!), FROM_THE_BEGINNING)
        if (await died(instance)) break
      }
      const { out } = instance.subject!
      const extra = () =>
        out
          .lines()
          .find(
            (line) =>
              !expected.has(line) &&
              !line.startsWith('ERROR') &&
              line !== lab.findings.complaint &&
              ![...expected].some((one) => mentions(line, one)),
          )
      await out.until(() => extra() !== undefined, QUIET_MS)
      const twice = [...expected].find((one) => out.lines().filter((line) => line === one).length > 1)
      if (twice) {
        throw new Fault(`${twice} is printed more than once.`, {
          expected: [...expected].join('\n'),
          received: out.text(),
          cause:
            'A message is printed twice: by two printf, or by a buffer that was copied by fork before it was flushed.',
        })
      }
      const line = extra()
      if (line === undefined) return undefined
      throw new Fault('There is more on stdout than the messages.', {
        expected: [...expected].join('\n'),
        received: line,
        cause: 'Print to stderr what is meant for you: fprintf(stderr, ...).',
      })
    },
  },
  {
    id: 'S2.6',
    title: 'its lines are out at once: they survive SIGKILL',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 3,
    needs: ['S2.1'],
    observes: 'output',
    alone: true,
    explain:
      'stdout is a pipe where programs are graded, and then the C library keeps what printf wrote until 4096 bytes have gathered. The checker sends X, waits for the answer, and kills the program; then again after Z. A line that is not in the pipe by then is lost. Call fflush(stdout) after each line, or setvbuf(stdout, NULL, _IOLBF, 0) once.',
    async check(lab) {
      const { closes, printing, printsThird } = await lab.facts()
      for (const which of ['first', 'third'] as const) {
        const instance = await lab.fresh({ plain: true })
        const x = lab.number()
        const exchange = await lab.exchange(instance, x, which === 'first' ? { z: 'none' } : {})
        if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
        const message = text(which === 'first' ? x : exchange.z!)
        if (which === 'third') await exchange.peer.untilOver(closes ? lab.settings.patienceMs : QUIET_MS)
        // A printf that comes after the answer has its chance: its order is another matter.
        await lab.printed(instance, message, FROM_THE_BEGINNING, 300)
        await lab.kill(instance)
        const output = lab.lines(instance).text()
        if (mentions(output, message)) continue
        // Where Z is not printed at all, S2.3 has said so.
        if (which === 'third' && printing !== 'late' && !printsThird) continue
        throw new Fault(`${message} was not out when the program was killed, 300 ms after it had been handled.`, {
          sent: hello(which === 'first' ? x : exchange.z!),
          expected: `${message}\n`,
          received: output,
          cause:
            'stdout was not flushed before the kill: call fflush(stdout) after printf. (A newline is not enough when stdout is a pipe.)',
        })
      }
      return undefined
    },
  },
  {
    id: 'S2.7',
    title: 'its lines carry no NUL, no blanks at the end, and none is empty',
    clause: 'HS-5.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['S2.2'],
    observes: 'output',
    explain:
      'A terminal shows no NUL and no blank, but diff does. They come from writing a whole buffer, or from printing a newline that the message does not have.',
    async check(lab) {
      lab.requireOutput()
      const { raw } = await printedBy(lab, lab.number())
      const lines = raw.split('\n').slice(0, -1)
      // Lines that are no messages are judged by S2.5.
      const dirty = lines.find((line) => line === '' || (visible(line) !== line && line.includes('HELLO')))
      if (dirty === undefined) return undefined
      throw new Fault(dirty === '' ? 'There is an empty line.' : 'A line carries bytes that nobody sees.', {
        expected: bytes(visible(dirty)),
        received: bytes(dirty),
        cause: dirty.includes('\0')
          ? 'The whole buffer is written: write strlen(buffer) bytes and a newline.'
          : 'One newline per line, and nothing before it.',
      })
    },
  },
  {
    id: 'S2.8',
    title: 'lines of connections that are served at once are not torn',
    clause: 'HS-5.1',
    level: 'MUST',
    weight: 2,
    needs: ['S2.2', 'S6.1', 'S6.3'],
    after: ['S2.5', 'S5.9'],
    observes: 'output',
    alone: true,
    explain:
      'A line that is printed by two calls (the message, then the newline) can be torn by a line of another thread or process. One printf with the newline in it is one line. The case repeats and says how often it happened.',
    async check(lab) {
      lab.requireOutput()
      lab.requireConcurrency()
      lab.requireEndurance(CROWD)
      const { closes, printing, printsThird } = await lab.facts()
      if (printing === 'unbuffered') {
        throw new Unjudged(
          'blocked',
          'blocked by S2.6: without its buffer, a line may be torn that would not be with it',
        )
      }
      let torn = 0
      let example = ''
      const isPiece = (line: string) =>
        lab.findings.verdicts.get('S2.5') === 'passed' || /HELLO|^[HELO\s\d-]+$/.test(line)
      // Who serves only so many clients is told so by S5.9.
      const roundsEach = Math.max(1, Math.floor(lab.findings.endurance / CROWD))
      let instance: Instance | undefined
      let round = 0
      for (; round < ROUNDS && torn < ENOUGH; round++) {
        // A full pipe holds up the first line, so that all others are ready to come when there is room again.
        const full = round < FULL_ROUNDS
        if (!instance || full || round % roundsEach === 0) instance = await lab.fresh({ fullPipe: full })
        const { subject } = instance
        const server = instance
        const capture = lab.lines(instance)
        const from = capture.bytes().length
        // Three digits, and each number once in its round.
        const base = 100 + 200 * (round % 4)
        const expected = new Set<string>()
        const awaited: string[] = []
        const until = performance.now() + CROWD_MS
        const left = () => Math.max(1, until - performance.now())
        const meetings = await Promise.all(
          Array.from({ length: CROWD }, async (_, at) => {
            const x = base + 8 * at
            expected.add(text(x)).add(text(x + 2))
            // That Z is never printed was waited for once.
            awaited.push(text(x), ...(printsThird ? [text(x + 2)] : []))
            return { x, peer: await lab.squeezeIn(server, `#${at + 1}`, left) }
          }),
        )
        // All are there, and then all speak in the same moment.
        for (const { peer, x } of meetings) peer.send(lab.message(x))
        if (full) await sleep(FULL_PIPE_MS / 10)
        subject!.drain()
        // Each goes on when it is answered: a pool of threads may be smaller than the crowd.
        await Promise.all(
          meetings.map(async ({ peer, x }) => {
            await peer.message(hello(x + 1), lab.settings.patienceMs)
            peer.send(lab.message(x + 2))
            if (closes) await peer.untilOver(QUIET_MS)
            else await sleep(20)
            peer.close()
          }),
        )
        await capture.until(() => awaited.every((one) => capture.text(from).includes(`${one}\n`)), OUTPUT_MS)
        const bad = capture.lines(from).find((line) => !expected.has(line) && !isError(line) && isPiece(line))
        if (bad !== undefined) {
          torn++
          example ||= bad
        }
      }
      if (torn === 0) return undefined
      throw new Fault(`Lines were torn in ${torn} of ${round} rounds of ${CROWD} clients.`, {
        expected: 'one message on each line',
        received: example,
        cause:
          'A line is printed in pieces: print it with one call, newline included, or hold a lock while it is printed.',
      })
    },
  },
  {
    id: 'S2.9',
    title: 'its line is out before the answer is sent',
    clause: 'HS-5.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['S2.1', 'S2.6'],
    observes: 'output',
    alone: true,
    explain:
      'The checker fills the pipe behind stdout when the program listens. A program that prints and flushes first has to wait there, and its answer comes only when there is room again. An answer that comes at once was sent before the line was out.',
    async check(lab) {
      lab.requireOutput()
      const instance = await lab.fresh({ plain: true, fullPipe: true })
      if (!instance.subject!.full) throw new Unjudged('not-observable', 'no pipe could be filled here')
      const x = lab.number()
      const peer = await lab.connect(instance)
      const sent = lab.message(x)
      peer.send(sent)
      const early = await peer.until(() => peer.received.length > 0, FULL_PIPE_MS)
      instance.subject!.drain()
      if (early) {
        throw new Fault(`The answer was sent while ${text(x)} was not out yet.`, {
          sent,
          expected: `${text(x)} on stdout, then the answer`,
          received: 'the answer, while stdout was full',
          cause:
            'Print and flush first, then send: a program that is killed in between has told what it received. In Node, console.log does not wait for a pipe: fs.writeSync(1, line) does.',
        })
      }
      const exchange = await lab.answer(instance, peer, x, sent)
      if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
      return undefined
    },
  },
]
