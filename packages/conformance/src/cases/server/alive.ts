import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, Fault, Unjudged } from '../../case.js'
import { lower, REMAINS } from '../../diagnose.js'
import { bytes, readMessage } from '../../message.js'
import type { ServerLab } from '../../server-lab.js'
import { causeOfFate, died, fate, type Instance } from '../../server-program.js'
import { QUIET_MS } from '../../wire.js'

const SERIES = 300
/** Who takes its time with each client is asked to serve fewer. */
const SERIES_MS = 15_000
/** So many clients that the next is no different from them. */
const SOME = 10
/** How often, and how far apart, a program is looked at that ought to be asleep. */
const LOOKS = 12
const LOOK_MS = 30

/** How many clients at most an accident that happens three times takes. */
const ACCIDENTS = 22

type Misfortune = (lab: ServerLab, instance: Instance) => Promise<void>

/**
 * Something happens to one client, three times over; then a normal handshake must work.
 *
 * @param processes - How many are tried, where it depends on what happens to be in memory. `lent`: a case that is needed
 *   has shown on a new one that nothing does.
 */
function survives(
  about: Pick<Case<ServerLab>, 'id' | 'title' | 'clause' | 'weight' | 'explain'> &
    Partial<Pick<Case<ServerLab>, 'needs' | 'after'>>,
  context: string,
  happens: Misfortune,
  processes: number | 'lent' = 1,
): Case<ServerLab> {
  return {
    level: 'MUST',
    alone: true,
    ...about,
    needs: ['S1.1', 'S5.1', ...(about.needs ?? [])],
    after: ['S5.9', ...(about.after ?? [])],
    async check(lab) {
      lab.requireEndurance(ACCIDENTS)
      const once = async (instance: Instance) => survive(lab, instance, context, happens)
      if (processes === 'lent') await once(await lab.lend())
      else for (let process = 0; process < processes; process++) await once(await lab.fresh())
      return undefined
    },
  }
}

async function survive(lab: ServerLab, instance: Instance, context: string, happens: Misfortune): Promise<void> {
  let missed: Fault | undefined
  for (let time = 0; time < 3 && !missed; time++) {
    try {
      await happens(lab, instance)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      missed = error
      // Who was not answered leaves, as people do: what holds up the next client must not be the checker.
      lab.closePeers()
    }
  }
  if (missed?.details.left) throw new Fault(`${context}${missed.message}`, missed.details)
  await lab.works(instance, context)
  // It works again, but not at once: the client that came next was not served.
  if (missed)
    throw new Fault(`${context}${lower(missed.message)}`, { ...missed.details, cause: REMAINS, turnedAway: true })
}

const harmed = (instance: Instance) => ({
  expected: 'a program that serves others',
  received: fate(instance),
  cause: causeOfFate(instance),
})

/** As far as the answer, which has to be right. */
async function answered(lab: ServerLab, instance: Instance) {
  const exchange = await lab.exchange(instance, lab.number(), { z: 'none' })
  if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
  return exchange.peer
}

/** It serves so many clients and no more. @throws {Unjudged} Where its answers grow: then that is what is used up. */
function tired(lab: ServerLab, clients: number): void {
  lab.findings.endurance = clients
  if (lab.findings.verdicts.get('S1.4') !== 'failed' || !lab.findings.junk) return
  lab.findings.enduranceToldBy = 'S1.4'
  throw new Unjudged(
    'blocked',
    `blocked by S1.4: with what stands in front of its answers, client ${clients + 1} gets none`,
  )
}

/** Why a program ends that has served others in the same way: it was not the last client that was too much. */
function causeOfTiring(instance: Instance, served: number): string | undefined {
  const cause = causeOfFate(instance)
  // Who ends itself has counted; who is killed so soon has come to harm in another way.
  if (cause === undefined || (served < SOME && instance.subject!.exit!.signal)) return cause
  return `It came to its end after ${served} right handshakes: an array of threads or clients has room for so many, and is written behind its end, or a limit of the program itself is reached.`
}

export const alive: readonly Case<ServerLab>[] = [
  {
    id: 'S5.1',
    title: 'serves a second client, and a third',
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 5,
    needs: ['S1.1'],
    explain:
      'accept, and all that follows, stands in a loop. Other cases that need a second client are blocked where this one fails.',
    async check(lab) {
      const instance = await lab.fresh()
      await lab.works(instance, 'The first client: ')
      await lab.works(instance, 'After the first client was served, ')
      await lab.works(instance, 'After the second client was served, ')
      return undefined
    },
  },
  survives(
    {
      id: 'S5.2',
      title: 'survives a client that connects and closes without a word',
      clause: 'HS-4.4',
      weight: 2,
      explain:
        'Health checks and port scanners do this. recv returns 0: there is no message, so there is nothing to print, to parse or to answer.',
    },
    'After clients that connected and closed, ',
    async (lab, instance) => {
      const peer = await lab.connect(instance)
      peer.close()
      await sleep(20)
    },
  ),
  survives(
    {
      id: 'S5.3',
      needs: ['S5.4'],
      title: 'survives a client that closes after X, before the answer',
      clause: 'HS-2.7',
      weight: 2,
      explain:
        'The answer goes to a closed connection. The first send may still work, the second kills the program with SIGPIPE unless that signal is ignored.',
    },
    'After clients that closed directly after X, ',
    async (lab, instance) => {
      const peer = await lab.connect(instance)
      peer.send(lab.message(lab.number()))
      peer.close()
      await sleep(20)
    },
    'lent',
  ),
  survives(
    {
      id: 'S5.4',
      title: 'survives a client that closes after the answer, instead of sending Z',
      clause: 'HS-4.3',
      weight: 2,
      explain: 'A client that finds Y wrong does exactly this. The second recv returns 0: close, and go on.',
    },
    'After clients that closed instead of sending Z, ',
    async (lab, instance) => {
      const peer = await answered(lab, instance)
      peer.close()
      await peer.untilOver(QUIET_MS)
      await sleep(20)
    },
  ),
  survives(
    {
      id: 'S5.5',
      title: 'survives connections that are reset, at any moment',
      clause: 'HS-2.7',
      weight: 2,
      explain:
        'recv and send return -1 with ECONNRESET or EPIPE. That is the end of one connection, not of the program; and buffer[-1] = 0 is no good idea.',
    },
    'After connections that were reset, ',
    async (lab, instance) => {
      const silent = await lab.connect(instance)
      silent.reset()
      await sleep(20)
      const early = await lab.connect(instance)
      early.send(lab.message(lab.number()))
      await sleep(1)
      early.reset()
      await sleep(20)
      const late = await answered(lab, instance)
      late.reset()
      await sleep(20)
    },
    2,
  ),
  survives(
    {
      id: 'S5.6',
      after: ['S5.2', 'S5.4', 'S5.5'],
      title: 'survives a first message that is none',
      clause: 'HS-5.3',
      weight: 2,
      explain:
        'Words without a number, a number without a word, binary bytes, a lone newline: strtok, strchr and strstr return NULL for them.',
    },
    'After clients that sent garbage, ',
    async (lab, instance) => {
      for (const garbage of ['HELLO', 'GET / HTTP/1.1\r\n\r\n', 'x', '\n', '\xff\xfe\x00\x01%s%n', ' ', 'HELLO ']) {
        const peer = await lab.connect(instance)
        peer.send(bytes(garbage))
        await peer.until(() => peer.received.length > 0 || peer.state !== 'open', 30)
        // Who answers all the same is given its Z, so that it is not the end of the connection that is judged.
        const { sequence } = readMessage(peer.received)
        if (sequence !== undefined) {
          peer.send(lab.message(sequence + 1))
          await peer.untilOver(30)
        }
        // Who does not survive that clients leave is not to be taken at that.
        const leaving = ['S5.2', 'S5.4', 'S5.5'].some((id) => lab.findings.verdicts.get(id) !== 'passed')
        if (peer.state !== 'open' && leaving) await died(instance)
        if (instance.subject?.exit) return
        peer.close()
        await sleep(5)
        if (instance.subject?.exit) throw new Fault('the program ended.', { ...harmed(instance), left: true })
      }
    },
  ),
  survives(
    {
      id: 'S5.7',
      title: 'survives 5,000 bytes',
      clause: 'HS-6.1',
      weight: 2,
      explain:
        'More than any buffer expects, as the first message and as the third. Give recv one byte less than the buffer has (sizeof buffer - 1), so that there is room for the NUL; never copy with strcpy into something smaller.',
    },
    'After clients that sent 5,000 bytes, ',
    async (lab, instance) => {
      const flood = bytes(`HELLO ${'7'.repeat(4994)}`)
      const first = await lab.connect(instance)
      first.send(flood)
      await first.until(() => first.received.length > 0 || first.state !== 'open', 100)
      first.close()
      await sleep(20)
      const third = await answered(lab, instance)
      third.send(flood)
      await third.untilOver(100)
      third.close()
      await sleep(20)
    },
    2,
  ),
  survives(
    {
      id: 'S5.8',
      needs: ['S5.2'],
      title: 'survives a client that stays silent and then leaves',
      clause: 'HS-2.7',
      weight: 1,
      explain: 'A connection on which nothing comes for a while, and which is then closed.',
    },
    'After silent clients, ',
    async (lab, instance) => {
      const peer = await lab.connect(instance)
      await sleep(100)
      peer.close()
      // One that comes in the moment in which another leaves is the matter of S6.
      await sleep(20)
    },
    'lent',
  ),
  {
    id: 'S5.9',
    title: `serves ${SERIES} clients in a row`,
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1', 'S5.1'],
    after: ['S1.4', 'S1.15'],
    alone: true,
    explain:
      'Tables that are never cleared, arrays of threads that are never reused, and memory that grows show themselves after some dozens of clients.',
    async check(lab) {
      const instance = await lab.fresh()
      const began = performance.now()
      const { closes } = await lab.facts()
      for (let at = 1; at <= SERIES; at++) {
        const tookMs = performance.now() - began
        if (tookMs > SERIES_MS)
          return `${at - 1} clients in ${(tookMs / 1000).toFixed(0)} s: it takes its time with each`
        const x = lab.anyNumber()
        let exchange: Awaited<ReturnType<ServerLab['exchange']>>
        try {
          exchange = await lab.exchange(instance, x)
        } catch (error) {
          tired(lab, at - 1)
          if (!(error instanceof Fault)) throw error
          const cause = causeOfTiring(instance, at - 1) ?? error.details.cause
          throw new Fault(`Client ${at} of ${SERIES}: ${error.message}`, { ...error.details, cause })
        }
        if (!exchange.right) {
          tired(lab, at - 1)
          const fault = lab.wrongAnswer(instance, exchange, `Client ${at} of ${SERIES}: `)
          throw new Fault(fault.message, {
            ...fault.details,
            cause:
              causeOfTiring(instance, at - 1) ??
              (fault.details.silent ? undefined : fault.details.cause) ??
              'Something is used up after so many clients: a table of clients, descriptors that stay open, threads that nobody joins or detaches.',
          })
        }
        if (closes) await exchange.peer.untilOver(lab.settings.patienceMs)
        exchange.peer.close()
      }
      return `${((performance.now() - began) / SERIES).toFixed(1)} ms each`
    },
  },
  {
    id: 'S5.11',
    title: 'prints no ERROR where nothing wrong was sent: a probe, a client that leaves',
    clause: 'HS-4.3',
    level: 'SHOULD',
    weight: 1,
    needs: ['S3.5', 'S5.2', 'S5.4'],
    observes: 'output',
    alone: true,
    explain:
      'Who connects and leaves has sent no wrong message. Neither has a client that leaves instead of sending Z: it has found Y wrong, and says so itself.',
    async check(lab) {
      const instance = await lab.fresh()
      const mark = lab.mark(instance)
      const probe = await lab.connect(instance)
      probe.close()
      // One after the other: what happens to several at once is another matter.
      await sleep(20)
      const leaver = await answered(lab, instance)
      leaver.close()
      await sleep(20)
      await lab.works(instance, '')
      const { right } = await lab.errorPrinted(instance, mark, QUIET_MS)
      if (!right) return undefined
      throw new Fault('ERROR is printed for a client that left.', {
        expected: 'nothing',
        received: lab.lines(instance).text(mark.out) || instance.subject!.err.text(mark.err),
        cause: 'recv returned 0, and what was in the buffer was judged nevertheless: look at what recv returns first.',
      })
    },
  },
  {
    id: 'S5.12',
    title: 'rests when nobody speaks, also after clients that left early',
    clause: 'HS-2.7',
    level: 'SHOULD',
    weight: 1,
    needs: ['S1.1'],
    after: ['S5.2', 'S5.4', 'S5.10'],
    observes: 'system',
    alone: true,
    explain:
      'A loop that goes on when recv returns 0, or that asks without waiting (epoll_wait with timeout 0), takes a whole processor from everybody else.',
    async check(lab) {
      const instance = await lab.fresh()
      // Who does not survive that clients leave may be busy without them.
      const survived = (id: string) => lab.findings.verdicts.get(id) === 'passed'
      if (survived('S5.2')) {
        const probe = await lab.connect(instance)
        probe.close()
        // One after the other: what happens to several at once is another matter.
        await sleep(20)
      }
      if (survived('S5.4')) {
        const leaver = await answered(lab, instance)
        leaver.close()
      }
      await sleep(50)
      const { subject } = instance
      let busy = 0
      for (let look = 0; look < LOOKS; look++) {
        await sleep(LOOK_MS)
        if (subject!.isBusy()) busy++
      }
      if (subject!.exit) throw new Unjudged('not-observable', `the program is dead: ${fate(instance)}`)
      if (busy < LOOKS * 0.75) return undefined
      if (lab.findings.keepsLeavers)
        throw new Unjudged('blocked', 'blocked by S5.10: it goes on with connections whose clients have left')
      throw new Fault('It is busy although nothing happens.', {
        expected: 'asleep',
        received: `at work in ${busy} of ${LOOKS} looks`,
        cause:
          'A loop runs without waiting: it goes on although recv returned 0, or select, poll or epoll_wait are called with a timeout of 0 (select counts its timeval down: set it before each call).',
      })
    },
  },
]
