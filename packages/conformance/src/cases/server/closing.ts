import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, Fault, Unjudged } from '../../case.js'
import { hello, text } from '../../message.js'
import type { ServerLab } from '../../server-lab.js'
import { causeOfFate } from '../../server-program.js'

/** A client that takes its time between two messages: far less than a person would. */
const PAUSE_MS = 400

export const closing: readonly Case<ServerLab>[] = [
  {
    id: 'S4.1',
    title: 'closes the connection after Z, and does not wait for the client to do it',
    clause: 'HS-4.2',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1'],
    after: ['S2.3'],
    explain:
      'When Z is judged the handshake is over: close(client). A server that waits for the end of the stream keeps the connection as long as the client likes, and two sides that wait for each other wait for ever.',
    async check(lab) {
      const instance = await lab.shared()
      const exchange = await lab.exchange(instance, lab.number())
      if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
      const { peer, z } = exchange
      const began = performance.now()
      if (await peer.untilOver(lab.settings.patienceMs)) return `after ${Math.round(performance.now() - began)} ms`
      lab.transcript.add('note', `${lab.settings.patienceMs / 1000} s without an end`)
      peer.finish()
      const follows = await peer.untilOver(500)
      if (!follows && lab.findings.verdicts.get('S2.3') === 'failed' && (await lab.ignoresThird()))
        throw new Unjudged('blocked', 'blocked by S2.3: nothing shows that Z is read')
      throw new Fault(`${lab.settings.patienceMs / 1000} s after ${text(z!)} the connection is still open.`, {
        sent: hello(z!),
        expected: 'the end of the connection',
        received: follows
          ? 'the end, but only after the client had closed'
          : 'nothing, not even after the client had closed',
        cause: follows
          ? 'The server reads on until recv returns 0: after Z, close(client) at once.'
          : 'close(client) is missing, or the descriptor is also open elsewhere (in the parent after fork, say).',
      })
    },
  },
  {
    id: 'S4.2',
    title: 'waits for Z: a client may take its time',
    clause: 'HS-2.5',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    explain: `The checker waits ${PAUSE_MS} ms before X and before Z. A socket that does not block, and a recv that is called too early, take this for the end.`,
    async check(lab) {
      const instance = await lab.shared()
      const peer = await lab.connect(instance)
      await sleep(PAUSE_MS)
      const x = lab.number()
      const sent = lab.message(x)
      peer.send(sent)
      const exchange = await lab.answer(instance, peer, x, sent, { z: 'none' })
      if (!exchange.right) throw lab.wrongAnswer(instance, exchange, `After a pause of ${PAUSE_MS} ms, `)
      await peer.untilOver(PAUSE_MS)
      if (peer.state !== 'open') {
        throw new Fault('It closed before Z was sent.', {
          sent,
          expected: 'an open connection',
          received: 'its end',
          cause:
            causeOfFate(instance) ??
            'After the answer, recv has to be called once more, and has to wait; neither close nor shutdown comes before it.',
        })
      }
      const mark = lab.mark(instance)
      const z = exchange.y! + 1
      peer.send(lab.message(z))
      const { printsThird } = await lab.facts()
      if (printsThird && !(await lab.printed(instance, text(z), mark))) {
        throw new Fault(`${text(z)}, sent after a pause, is not printed.`, {
          sent: hello(z),
          expected: `${text(z)}\n`,
          received: lab.lines(instance).text(mark.out),
          cause: 'The second recv did not wait for the message.',
        })
      }
      return undefined
    },
  },
]
