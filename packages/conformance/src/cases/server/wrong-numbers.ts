import { OUTPUT_MS } from '../../capture.js'
import { type Case, Fault, Unjudged } from '../../case.js'
import { causeOfOther, instead, isComplaint, type Mark, streamsOf } from '../../error-line.js'
import { bytes, hello, text } from '../../message.js'
import type { ServerLab } from '../../server-lab.js'
import { causeOfFate, died, fate, type Instance } from '../../server-program.js'
import { type Peer, QUIET_MS } from '../../wire.js'

interface Wrong {
  readonly instance: Instance
  readonly peer: Peer
  readonly mark: Mark
  readonly y: number
  readonly message: string
  readonly sent: Uint8Array
}

/** A handshake whose third message is this. */
async function third(lab: ServerLab, messageOf: (y: number) => string, instance?: Instance): Promise<Wrong> {
  const at = instance ?? (await lab.shared())
  const mark = lab.mark(at)
  const exchange = await lab.exchange(at, lab.number(), { z: 'none' })
  if (!exchange.right) throw lab.wrongAnswer(at, exchange)
  const { peer, y } = exchange
  const message = messageOf(y!)
  const sent = lab.dress(bytes(message))
  peer.send(sent)
  lab.program.doubt()
  return { instance: at, peer, mark, y: y!, message, sent }
}

const tooLarge = (y: number) => text(y + 7)

/** Waits for ERROR after a wrong third message. @throws {Fault} If it does not come. */
async function requireError(lab: ServerLab, wrong: Wrong): Promise<void> {
  const { instance, mark, sent, message, y, peer } = wrong
  const line = await lab.errorPrinted(instance, mark, OUTPUT_MS)
  if (line.right) {
    // Who ends no line was told so by S2.2.
    if (lab.findings.linesOpen || (await lab.errorEnded(instance, mark))) return
    throw new Fault('ERROR is printed without a newline: the next message stands behind it on its line.', {
      sent,
      expected: 'ERROR\n',
      received: lab.lines(instance).text(mark.out),
      cause: 'ERROR is a line of its own: printf("ERROR\\n").',
    })
  }
  const { ends, printsThird } = await lab.facts()
  if (ends && !printsThird && (await died(instance))) {
    throw new Unjudged('blocked', 'blocked by S2.3: it ends at every Z, also at one that is right')
  }
  const sentBack = peer.received.includes('ERROR')
  if (!line.elsewhere && !line.almost && !sentBack && !fate(instance) && (await lab.ignoresThird()))
    throw new Unjudged('blocked', 'blocked by S2.3: nothing shows that Z is read')
  const { errors } = lab.settings
  if (line.almost !== undefined && isComplaint(line.almost)) lab.findings.complaint ??= line.almost
  throw new Fault(`After ${message}, where ${text(y + 1)} had to come, no ERROR is printed on ${streamsOf(errors)}.`, {
    sent,
    expected: 'a line that begins with ERROR',
    received: instead(line, errors, lab.lines(instance).text(mark.out)),
    cause: line.elsewhere
      ? `Print ERROR on ${errors}.`
      : sentBack
        ? 'ERROR is sent to the client: print it.'
        : line.almost
          ? causeOfOther(line.almost)
          : fate(instance)
            ? causeOfFate(instance)
            : 'Z has to be compared with Y + 1 as a number: if (z != y + 1) printf("ERROR\\n"). (strncmp, or a comparison with the wrong variable, lets others through.)',
  })
}

export const wrongNumbers: readonly Case<ServerLab>[] = [
  {
    id: 'S3.1',
    title: 'prints Z also when it is wrong',
    clause: 'HS-2.5',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1', 'S2.1', 'S2.3', 'S4.2'],
    observes: 'output',
    explain: 'Every message that is received is printed; then it is judged.',
    async check(lab) {
      lab.requireOutput()
      const { instance, message, mark, sent } = await third(lab, tooLarge)
      if (await lab.printed(instance, message, mark)) return undefined
      throw new Fault(`${message}, which is wrong, is not printed.`, {
        sent,
        expected: `${message}\nERROR`,
        received: lab.lines(instance).text(mark.out),
        cause: 'The message is printed only where it is right: print first, then compare.',
      })
    },
  },
  {
    id: 'S3.2',
    title: 'prints ERROR when Z is wrong',
    clause: 'HS-2.6',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S4.2'],
    observes: 'output',
    explain:
      'A line that begins with ERROR, on stdout or stderr (--errors says which is asked for). Z is tried too large, too small, equal to Y, equal to X, with a digit more, and negative.',
    async check(lab) {
      if ((await lab.facts()).printing === 'late') lab.requireOutput()
      let apart = false
      for (const messageOf of [
        tooLarge,
        (y: number) => text(y),
        (y: number) => text(y - 1),
        (y: number) => `${text(y + 1)}0`,
        (y: number) => text(-(y + 1)),
      ]) {
        if (apart) lab.program.renew()
        const wrong = await third(lab, messageOf).catch((error: unknown) => {
          if (apart || messageOf === tooLarge || !(error instanceof Fault && error.details.silent)) throw error
          // Who does not come back after a wrong Z is told so by S3.4.
          apart = true
          lab.program.renew()
          return third(lab, messageOf)
        })
        await requireError(lab, wrong)
        await wrong.peer.untilOver(20)
        wrong.peer.close()
      }
      return `seen on ${[...lab.findings.errorsSeen].join(' and ')}`
    },
  },
  {
    id: 'S3.3',
    title: 'closes the connection when Z is wrong',
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    after: ['S4.1'],
    explain: 'The server closes by itself, and does not wait for the client to do it.',
    async check(lab) {
      const { peer, sent, message, instance } = await third(lab, tooLarge)
      // Who never closes was waited for by S4.1.
      const never = lab.staysOpen
      if (await peer.untilOver(never ? OUTPUT_MS : lab.settings.patienceMs)) return undefined
      if (never) throw new Unjudged('blocked', 'blocked by S4.1: it does not close then, either')
      throw new Fault(`${lab.settings.patienceMs / 1000} s after ${message} the connection is still open.`, {
        sent,
        expected: 'the end of the connection',
        received: fate(instance) ?? 'nothing',
        cause: 'The branch that prints ERROR has to close the connection too: close(client).',
      })
    },
  },
  {
    id: 'S3.4',
    title: 'goes on serving others when Z was wrong',
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S5.1'],
    alone: true,
    explain:
      'One bad client must not end the service: close its connection, and go back to accept. exit(1) belongs to errors of the server itself.',
    async check(lab) {
      const instance = await lab.fresh()
      const { peer, message } = await third(lab, tooLarge, instance)
      await peer.untilOver((await lab.facts()).closes ? 1000 : QUIET_MS)
      peer.close()
      await lab.works(instance, `After the wrong ${message}, `)
      return undefined
    },
  },
  {
    id: 'S3.5',
    title: 'prints no ERROR when Z is right',
    clause: 'HS-2.6',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S2.1'],
    after: ['S1.13', 'S1.14', 'S3.2'],
    observes: 'output',
    explain: 'Handshakes with small, large, negative and growing numbers, all of them right.',
    async check(lab) {
      lab.requireOutput()
      const told = (id: string) => lab.findings.verdicts.get(id) === 'failed'
      for (const x of [lab.number(), 8, 98, -1, -2, -50, 1_999_999_999]) {
        if ((x === -1 && told('S1.14')) || (x < -1 && told('S1.13'))) continue
        const instance = await lab.shared()
        const mark = lab.mark(instance)
        const exchange = await lab.exchange(instance, x)
        if (!exchange.right) {
          // This number is another case's.
          exchange.peer.close()
          continue
        }
        await lab.finish(exchange)
        await lab.printed(instance, text(exchange.z!), mark, 100)
        const { right, almost } = await lab.errorPrinted(instance, mark, 0)
        // That it is not ERROR was told by S3.2; that it comes always is another fault.
        const same = !right && almost !== undefined && almost === lab.findings.complaint
        if (right || same) {
          throw new Fault(`${text(exchange.z!)} is right, and yet ${same ? `"${almost}"` : 'ERROR'} is printed.`, {
            sent: hello(exchange.z!),
            expected: `${text(x)}\n${text(exchange.z!)}\n`,
            received: same ? almost : lab.lines(instance).text(mark.out) || instance.subject!.err.text(mark.err),
            cause: 'Z has to be compared with the Y that was sent to this client, plus 1.',
          })
        }
      }
      return undefined
    },
  },
  {
    id: 'S3.6',
    title: 'prints ERROR when the third message has no number',
    clause: 'HS-5.3',
    level: 'SHOULD',
    weight: 1,
    needs: ['S3.2'],
    after: ['S5.2', 'S5.6'],
    observes: 'output',
    alone: true,
    explain:
      'HELLO abc is no message. atoi makes 0 of it, which is a wrong number; sscanf leaves the variable as it was, which may be the right one.',
    async check(lab) {
      const instance = await lab.fresh()
      try {
        await requireError(lab, await third(lab, () => 'HELLO abc', instance))
      } catch (error) {
        if (!(error instanceof Fault) || !(await died(instance))) throw error
        // It does not print ERROR because it has come to its end: of that, S5.2 or S5.6 may have told.
        throw new Fault(error.message, { ...error.details, received: fate(instance) })
      }
      return undefined
    },
  },
]
