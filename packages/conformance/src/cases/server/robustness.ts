import { setTimeout as sleep } from 'node:timers/promises'
import { OUTPUT_MS } from '../../capture.js'
import { type Case, Fault } from '../../case.js'
import type { Mark } from '../../error-line.js'
import { bytes, hello, join, readMessage, text } from '../../message.js'
import type { ServerLab } from '../../server-lab.js'
import { died, fate, type Instance } from '../../server-program.js'

/** Between two segments: enough that they are not joined on their way. */
const APART_MS = 40

/** How long the end may take, of a connection on which all has been said. */
const END_MS = 800

type Delivery = (peer: { send(bytes: Uint8Array): void; answer(): Promise<void> }, x: number) => Promise<void>

/** A handshake whose bytes travel in an unusual way, and which has to end as always. */
function delivered(
  about: Pick<Case<ServerLab>, 'id' | 'title' | 'clause' | 'explain'> &
    Partial<Pick<Case<ServerLab>, 'level' | 'weight' | 'needs'>>,
  cause: string,
  deliver: Delivery,
): Case<ServerLab> {
  return {
    level: 'MAY',
    weight: 1,
    needs: ['S1.1', 'S1.2'],
    after: ['S3.5'],
    alone: true,
    ...about,
    async check(lab) {
      const instance = await lab.lend()
      const mark = lab.mark(instance)
      const peer = await lab.connect(instance)
      const x = lab.number()
      await deliver(
        {
          send: (value) => peer.send(value),
          answer: async () => {
            await peer.message(hello(x + 1), lab.settings.patienceMs)
            await requireAnswer(instance, peer.received, x, cause)
          },
        },
        x,
      )
      await peer.message(hello(x + 1), lab.settings.patienceMs)
      await requireAnswer(instance, peer.received, x, cause)
      await requireEstablished(lab, instance, mark, x, cause)
      if ((await lab.facts()).closes && !(await peer.untilOver(END_MS))) {
        throw new Fault('The handshake does not come to its end: the connection stays open.', {
          expected: 'the end of the connection',
          received: 'nothing',
          cause,
        })
      }
      return undefined
    },
  }
}

async function requireAnswer(instance: Instance, received: Buffer, x: number, cause: string): Promise<void> {
  if (readMessage(received).sequence === x + 1) return
  // Some close the connection on their way to their own end.
  if (received.length === 0) await died(instance)
  throw new Fault(received.length === 0 ? 'No answer came.' : `The answer is not ${text(x + 1)}.`, {
    expected: hello(x + 1),
    received: received.length === 0 ? (fate(instance) ?? received) : received,
    cause,
  })
}

async function requireEstablished(
  lab: ServerLab,
  instance: Instance,
  mark: Mark,
  x: number,
  cause: string,
): Promise<void> {
  const { printsThird } = await lab.facts()
  // After ERROR there is nothing to wait for.
  if (printsThird) {
    await Promise.race([lab.printed(instance, text(x + 2), mark), lab.errorPrinted(instance, mark, OUTPUT_MS)])
  }
  if (printsThird && !(await lab.printed(instance, text(x + 2), mark, 0))) {
    throw new Fault(`${text(x + 2)} did not come out whole.`, {
      expected: `${text(x)}\n${text(x + 2)}\n`,
      received: lab.lines(instance).text(mark.out),
      cause,
    })
  }
  // Who says so of every Z was told by S3.5.
  if (!lab.observed || lab.findings.verdicts.get('S3.5') === 'failed') return
  const { right } = await lab.errorPrinted(instance, mark, 0)
  if (right)
    throw new Fault('ERROR is printed, although every number was right.', {
      expected: `${text(x)}\n${text(x + 2)}\n`,
      received: lab.lines(instance).text(mark.out),
      cause,
    })
}

const READ_ON = 'TCP carries bytes, not messages: gather what recv brings until a whole message is there.'

export const robustness: readonly Case<ServerLab>[] = [
  delivered(
    {
      id: 'S7.1',
      title: 'understands messages that end with a NUL',
      clause: 'HS-3.1',
      level: 'SHOULD',
      explain: 'Most clients in C send strlen + 1 bytes. The NUL ends the message, and is not printed.',
    },
    'The NUL ends the message, and is no part of it: take it away before the number is read, where the language does not (rstrip("\\0") in Python, replace(/\\0+$/, "") in JavaScript).',
    async ({ send, answer }, x) => {
      send(join(hello(x), bytes('\0')))
      await answer()
      send(join(hello(x + 2), bytes('\0')))
    },
  ),
  delivered(
    {
      id: 'S7.2',
      title: 'understands messages that end with a newline',
      clause: 'HS-3.1',
      explain: 'Typed with nc, a message ends with a newline.',
    },
    'A newline ends the message; drop it before the text is compared.',
    async ({ send, answer }, x) => {
      send(join(hello(x), bytes('\n')))
      await answer()
      send(join(hello(x + 2), bytes('\n')))
    },
  ),
  delivered(
    {
      id: 'S7.3',
      title: 'understands messages that come as a whole buffer of 100 bytes',
      clause: 'HS-3.1',
      explain: 'Clients in C that send sizeof buffer bytes send the message and many NULs.',
    },
    'Everything behind the first NUL is padding. Give recv room for it, or read on until it is gone.',
    async ({ send, answer }, x) => {
      const padded = (sequence: number) => join(hello(sequence), new Uint8Array(100 - hello(sequence).length))
      send(padded(x))
      await answer()
      send(padded(x + 2))
    },
  ),
  delivered(
    {
      id: 'S7.4',
      title: 'understands a message in two segments',
      clause: 'HS-3.6',
      explain: '`HEL`, and 40 ms later `LO 5`; and the number of Z cut in two.',
    },
    READ_ON,
    async ({ send, answer }, x) => {
      send(bytes('HEL'))
      await sleep(APART_MS)
      send(bytes(`LO ${x}`))
      await answer()
      const third = hello(x + 2)
      send(third.subarray(0, 7))
      await sleep(APART_MS)
      send(third.subarray(7))
    },
  ),
  delivered(
    {
      id: 'S7.5',
      title: 'understands a terminator in a segment of its own',
      clause: 'HS-3.1',
      explain: 'The NUL comes by itself, later: it must not be taken for Z.',
    },
    'A segment that holds only NULs or newlines is the end of the message before it: skip it, and read on.',
    async ({ send, answer }, x) => {
      send(hello(x))
      await answer()
      send(bytes('\0'))
      await sleep(APART_MS)
      send(hello(x + 2))
    },
  ),
  delivered(
    {
      id: 'S7.6',
      title: 'understands X and Z in one segment',
      clause: 'HS-3.2',
      explain: 'A client knows Y before it comes, and may send Z at once: `HELLO 5HELLO 7`.',
    },
    `What recv brings may be two messages. ${READ_ON}`,
    async ({ send }, x) => {
      send(join(hello(x), hello(x + 2)))
    },
  ),
]
