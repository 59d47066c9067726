import { setTimeout as sleep } from 'node:timers/promises'
import { mentions, OUTPUT_MS } from '../../capture.js'
import { type Case, Fault, Unjudged } from '../../case.js'
import { SHARED } from '../../diagnose.js'
import type { Mark } from '../../error-line.js'
import { hello, readMessage, text } from '../../message.js'
import { connections, descriptors, hasProc, listenerOn, loopsOf, tasksOf } from '../../proc.js'
import type { Nature } from '../../report.js'
import type { ServerLab } from '../../server-lab.js'
import { causeOfFate, died, fate, type Instance } from '../../server-program.js'
import type { Peer } from '../../wire.js'

/** How long others wait for a stalled client before the server is called sequential. */
const STALL_MS = 2000

/** How long a client waits at most for a seat that is free. */
const SEAT_MS = 300

/** Rounds of clients that come at once: what depends on time does not go wrong each time. */
const ROUNDS = 5
/** In so many of them, the first, a process begins with a full pipe behind its stdout, and for how long. */
const FULL_ROUNDS = 2
const FULL_PIPE_MS = 40
/** In the others all connect before any speaks. For who connects late nobody waits longer, and all may be accepted by then. */
const GATHER_MS = 100
const ACCEPTED_MS = 20
/** How many clients come at once. */
const CROWD = 20

/** How many connections are held open to see what serves them. */
const HELD = 4

const LEFT_UNREAD =
  'All that is missing is a Z. A client closes as soon as it has sent Z, so that both may be there at once: read what is there before you look at EPOLLRDHUP, EPOLLHUP or POLLHUP. Or of several connections that are ready at once one is read twice.'

const FORGOTTEN = {
  events:
    'a table that is full, a set that is not filled again before each select, or one accept where several wait (edge-triggered epoll reports them once)',
  others:
    'a table that is full, a descriptor that was overwritten before a thread had read it, or a pthread_cond_signal that came when no thread waited (look into the queue first, and wait only while it is empty)',
} as const

/** Processes and tasks that hold these connections tell how they are served. */
function natureOf({ subject, port }: Instance, peers: readonly Peer[], tasksBefore: number): Nature {
  if (!subject || !hasProc) return 'concurrent'
  const remote = new Set(peers.map(({ localPort }) => localPort))
  const inodes = new Set(
    connections(port)
      .filter(({ remotePort }) => remote.has(remotePort))
      .map(({ inode }) => inode),
  )
  const pids = subject.pids()
  const holders = pids.map((pid) => {
    const held = new Set([...descriptors(pid).values()].map((name) => /^socket:\[(\d+)\]$/.exec(name)?.[1]))
    return { pid, held: [...inodes].filter((inode) => held.has(inode)) }
  })
  const busy = holders.filter(({ held }) => held.length > 0)
  // A child that was forked for each connection holds one that no other child holds, or waits in recv.
  const receivers = busy.filter(({ pid }) => tasksOf(pid, inodes).receiving > 0)
  const alone = busy.filter(({ pid, held }) =>
    held.some((inode) => busy.every((other) => other.pid === pid || !other.held.includes(inode))),
  )
  if (receivers.length > 1 || alone.length > 1) return 'processes'
  const tasks = pids.reduce((sum, pid) => sum + tasksOf(pid, inodes).count, 0)
  const receiving = pids.reduce((sum, pid) => sum + tasksOf(pid, inodes).receiving, 0)
  // Threads that share the queue may leave all of these connections to one of them, but each watches for newcomers.
  const queue = listenerOn(port)
  const watched = new Set([...inodes, ...(queue ? [queue.inode] : [])])
  const loops = pids.reduce((sum, pid) => sum + loopsOf(pid, watched), 0)
  if (receiving > 1 || loops > 1 || tasks - tasksBefore >= peers.length - 1) return 'threads'
  return 'events'
}

function countTasks({ subject }: Instance): number {
  return subject ? subject.pids().reduce((sum, pid) => sum + tasksOf(pid, new Set()).count, 0) : 0
}

interface Meeting {
  readonly peer: Peer
  readonly x: number
  readonly name: string
}

/** A client that was served alone, and is not answered among others: what that usually means. */
function crowded(lab: ServerLab, fault: Fault, instance: Instance, reply: Uint8Array): Fault {
  if (instance.subject?.exit || lab.isBehind(reply)) return fault
  const cause =
    reply.length > 0
      ? SHARED
      : lab.findings.nature === 'sequential'
        ? 'It was not reached while the others were served: does the server come back to accept after each of them? Or was its descriptor overwritten before a thread had read it?'
        : `One of several connections that come at once is forgotten: ${FORGOTTEN[lab.findings.nature === 'events' ? 'events' : 'others']}.`
  return new Fault(fault.message, { ...fault.details, cause })
}

/** Whether a client was answered wrongly, or its message was read, and taken for another's. */
function mixedUp(lab: ServerLab, instance: Instance, from: Mark): (fault: Fault) => boolean {
  return ({ details: { sent, received } }) => {
    if (received instanceof Uint8Array && received.length > 0) return true
    const x = sent && readMessage(sent).sequence
    return x !== undefined && lab.observed && mentions(lab.lines(instance).text(lab.startOf(from)), text(x))
  }
}

/** @returns What a client calls to wait for so many others, or for as long as is reasonable. */
function gathering(size: number): () => Promise<void> {
  let here = 0
  let go = () => {}
  const gathered = new Promise<void>((resolve) => {
    go = resolve
  })
  return () => {
    here++
    if (here === 1) setTimeout(go, GATHER_MS)
    if (here === size) setTimeout(go, ACCEPTED_MS)
    return gathered
  }
}

/**
 * Many clients that come at once.
 *
 * @param gather - Whether each waits for the others before it speaks, and again before it sends Z.
 * @returns Those that did not come to an end.
 */
async function crowd(
  lab: ServerLab,
  instance: Instance,
  numbers: readonly number[],
  withinMs: number,
  gather = false,
): Promise<{ failed: Fault[]; done: number }> {
  const until = performance.now() + withinMs
  const left = () => Math.max(1, until - performance.now())
  const failed: Fault[] = []
  let done = 0
  const [beforeX, beforeZ] = [gathering(numbers.length), gathering(numbers.length)]
  await Promise.all(
    numbers.map(async (x, at) => {
      try {
        const name = `#${at + 1}`
        const peer = await lab.squeezeIn(instance, name, left)
        if (gather) await beforeX()
        const sent = lab.message(x)
        peer.send(sent)
        const exchange = await lab.answer(instance, peer, x, sent, { z: 'none', withinMs: left() })
        if (!exchange.right)
          throw crowded(lab, lab.wrongAnswer(instance, exchange, `Client ${name}: `), instance, exchange.reply)
        const third = lab.message(exchange.y! + 1)
        // As clients do (HS-4.1): Z and the end of the stream may be there at once.
        if (gather) {
          await beforeZ()
          peer.leave(third)
        } else {
          peer.send(third)
          peer.finish()
          if ((await lab.facts()).closes) await peer.untilOver(left())
          peer.close()
        }
        done++
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        failed.push(error)
      }
    }),
  )
  return { failed, done }
}

/** How many messages are missing in the output. Each has one H, also where lines are torn. */
async function linesLost(lab: ServerLab, instance: Instance, from: Mark, expected: number): Promise<number> {
  const { printing, printsThird } = await lab.facts()
  if (!lab.observed || printing === 'late' || !printsThird) return 0
  const lines = lab.lines(instance)
  const start = lab.startOf(from)
  const missing = () => expected - lines.text(start).split('H').length + 1
  await lines.until(() => missing() <= 0, OUTPUT_MS)
  return missing()
}

export const concurrency: readonly Case<ServerLab>[] = [
  {
    id: 'S6.1',
    title: 'one stalled client and the others: what the program is',
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S4.2', 'S5.1'],
    after: ['S5.9'],
    alone: true,
    explain:
      'One client connects and says nothing, another stops after the answer. If a further client is served meanwhile, the server is concurrent, and what holds the connections (processes, tasks, one loop) names it: processes, threads, events. If it has to wait for 2 s, the server is sequential. That is no fault unless --expect asks for something else; but everyone must be served in the end.',
    async check(lab) {
      lab.requireEndurance(HELD + 4)
      const instance = await lab.fresh()
      const tasksBefore = countTasks(instance)
      const silent = await lab.connect(instance, 'silent')
      await sleep(20)
      let nature: Nature = 'sequential'
      let where = 'before X'
      let waited = await waitingTime(lab, instance)
      const held: Meeting[] = []
      // A server may have a time limit: who serves others when it has given up one that stalls serves one at a time.
      let givenUp = await silent.untilOver(ACCEPTED_MS)
      if (waited.served && !givenUp) {
        where = 'after the answer'
        held.push(await meet(lab, instance, 'stalled'))
        waited = await waitingTime(lab, instance)
        givenUp = await held[0]!.peer.untilOver(ACCEPTED_MS)
        if (waited.served && !givenUp) {
          for (let at = 1; at < HELD; at++) {
            const peer = await lab.connect(instance, `held ${at}`)
            const x = lab.number()
            peer.send(lab.message(x))
            // A pool has fewer seats than this: who is not answered at once is let go.
            await peer.message(hello(x + 1), SEAT_MS)
            if (peer.received.length > 0) held.push({ peer, x, name: `held ${at}` })
            else peer.close()
          }
          if (held.length < HELD) lab.findings.seats = held.length + 1
          nature = natureOf(
            instance,
            held.map(({ peer }) => peer),
            tasksBefore,
          )
        }
      }
      // Everyone is let go with a whole handshake: how a server takes an early end is judged elsewhere.
      const silentX = lab.number()
      silent.send(lab.message(silentX))
      await silent.message(hello(silentX + 1), lab.settings.patienceMs)
      silent.send(lab.message(silentX + 2))
      if ((await lab.facts()).closes) await silent.untilOver(lab.settings.patienceMs)
      silent.close()
      // Who is served now, while one stalls, had no seat: it is a pool of two.
      if (
        waited.peer &&
        held.length === 1 &&
        (await waited.peer.until(() => waited.peer!.received.length > 0, SEAT_MS))
      ) {
        nature = natureOf(instance, [held[0]!.peer, waited.peer], tasksBefore)
        lab.findings.seats = 2
      }
      lab.findings.nature = nature
      for (const { peer, x } of held) {
        peer.send(lab.message(x + 2))
        peer.close()
      }
      // Who had to wait is served now.
      if (!waited.served && waited.peer) {
        await waited.peer.message(hello(waited.x + 1), lab.settings.patienceMs + 1000)
        if (readMessage(waited.peer.received).sequence !== waited.x + 1) {
          lab.findings.nature = 'unknown'
          await died(instance)
          throw new Fault('A client that waited behind a stalled one was not served when that one had left.', {
            sent: hello(waited.x),
            expected: hello(waited.x + 1),
            received: fate(instance) ?? waited.peer.received,
            cause: causeOfFate(instance) ?? 'When recv returns 0, the client has left: close, and go back to accept.',
          })
        }
        waited.peer.send(lab.message(waited.x + 2))
        waited.peer.close()
      }
      const told =
        nature === 'sequential'
          ? `sequential: others waited ${givenUp ? 'until it had given up' : `${(STALL_MS / 1000).toFixed(1)} s for`} a client that stalled ${where}`
          : nature
      const { expect } = lab.settings
      if (expect && expect !== nature && !(expect === 'concurrent' && nature !== 'sequential')) {
        throw new Fault(`${expect} was expected, and the program is ${told}.`, {
          expected: expect,
          received: nature,
          cause:
            nature === 'sequential'
              ? 'Between accept and close, nobody else is served: every recv in between waits for one client.'
              : undefined,
        })
      }
      return told
    },
  },
  {
    id: 'S6.2',
    title: 'four interleaved clients: all connect before any speaks, second messages in another order',
    clause: 'HS-2.5',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S5.1', 'S6.1'],
    after: ['S3.5'],
    alone: true,
    explain:
      'Each connection needs an expected number of its own. A global variable, a shared buffer, or a pointer to a loop variable that is given to a thread mixes them up. When the first has gone, a fifth comes: its descriptor is smaller than those of the others, who have to be served to their end.',
    async check(lab) {
      lab.requireConcurrency()
      lab.requireEndurance(5)
      const instance = await lab.fresh()
      const { closes, printing, printsThird } = await lab.facts()
      const mark = lab.mark(instance)
      const open: string[] = []
      const arrive = async (at: number): Promise<Meeting> => ({
        peer: await lab.connect(instance, `#${at + 1}`),
        x: 100 + 200 * at + Math.floor(lab.number() / 10),
        name: `#${at + 1}`,
      })
      const begin = async ({ peer, x, name }: Meeting) => {
        const sent = lab.message(x)
        peer.send(sent)
        await peer.message(hello(x + 1), lab.settings.patienceMs)
        if (readMessage(peer.received).sequence === x + 1) return
        lab.findings.forgets = peer.received.length === 0
        const exchange = { peer, x, sent, reply: peer.received }
        throw crowded(lab, lab.wrongAnswer(instance, exchange, `Client ${name}: `), instance, peer.received)
      }
      const end = async ({ peer, x, name }: Meeting) => {
        peer.send(lab.message(x + 2))
        if (!closes) await sleep(3)
        else if (!(await peer.untilOver(lab.settings.patienceMs))) open.push(name)
      }
      const early: Meeting[] = []
      for (let at = 0; at < Math.min(4, lab.findings.seats); at++) {
        // Each when the one before is accepted, also on a busy machine: all in one moment is what S6.3 does.
        await sleep(ACCEPTED_MS)
        early.push(await arrive(at))
      }
      // One after the other: what goes wrong when several are ready at once is told by S6.3, too.
      for (const meeting of lab.shuffled(early)) await begin(meeting)
      const [first, ...others] = early as [Meeting, ...Meeting[]]
      await end(first)
      // The newcomer's descriptor is the one that was given back, and smaller than those of the others.
      const newcomer = await arrive(early.length)
      await begin(newcomer)
      for (const meeting of lab.shuffled([...others, newcomer])) await end(meeting)
      const meetings = [...early, newcomer]
      for (const { peer } of meetings) peer.close()
      const seen = lab.observed && printing !== 'late'
      const missing: string[] = []
      if (seen && printsThird) {
        for (const { x } of meetings) if (!(await lab.printed(instance, text(x + 2), mark))) missing.push(text(x + 2))
      }
      // Who says so to a client that is alone was told by S3.5.
      const told = lab.findings.verdicts.get('S3.5') === 'failed'
      const wrong = seen && !told && (await lab.errorPrinted(instance, mark, 0)).right
      if (open.length > 0 && !wrong) {
        throw new Fault(`Client ${open.join(', ')} sent Z, and the connection stays open.`, {
          expected: 'its end',
          received: fate(instance) ?? 'nothing',
          cause:
            causeOfFate(instance) ??
            'A connection is not looked at any more since another has come or gone: the first argument of select has to be greater than every descriptor in the set, and not only than the newest; and a table must not be shortened by who leaves.',
        })
      }
      if (wrong || missing.length > 0) {
        throw new Fault(
          wrong
            ? 'ERROR is printed, although every Z was right for its client.'
            : `${missing.join(', ')} is missing in the output.`,
          {
            expected: meetings.map(({ x }) => text(x + 2)).join('\n'),
            received: lab.lines(instance).text(mark.out) + instance.subject!.err.text(mark.err),
            cause: SHARED,
          },
        )
      }
      return undefined
    },
  },
  {
    id: 'S6.3',
    title: '20 clients at once, with random numbers',
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S4.2', 'S5.1'],
    after: ['S1.15', 'S5.9', 'S6.1', 'S6.2'],
    alone: true,
    explain:
      'Each connects, speaks as soon as it may, and closes when it has sent Z; a sequential server serves them one after the other. All of them have to come to their end within 8 s.',
    async check(lab) {
      lab.requireEndurance(CROWD)
      let instance: Instance | undefined
      for (let round = 1; round <= ROUNDS; round++) {
        // A full pipe holds up who prints first, so that all others are ready when there is room again.
        const full = round <= FULL_ROUNDS
        // Who serves only so many clients is told so by S5.9.
        const enough = lab.findings.endurance >= (round - FULL_ROUNDS + 1) * (CROWD + 1)
        if (!instance || full || !enough) instance = await lab.fresh({ fullPipe: full })
        const { subject } = instance
        if (full) setTimeout(() => subject?.drain(), FULL_PIPE_MS)
        const numbers = Array.from({ length: CROWD }, () => lab.anyNumber())
        const mark = lab.mark(instance)
        const { failed, done } = await crowd(lab, instance, numbers, 8000, !full)
        if (failed.length > 0) {
          if (
            lab.findings.verdicts.get('S6.2') === 'failed' &&
            !(await died(instance)) &&
            (failed.some(mixedUp(lab, instance, mark)) || lab.findings.forgets)
          )
            throw new Unjudged(
              'blocked',
              'blocked by S6.2: connections that are there at once are mixed up, or forgotten',
            )
          throw new Fault(
            `In round ${round} of ${ROUNDS}, ${done} of 20 clients came to the end of their handshake. ${failed[0]!.message}`,
            failed[0]!.details,
          )
        }
        const lost = await linesLost(lab, instance, mark, 2 * numbers.length)
        if (lost > 0) {
          if (lab.findings.verdicts.get('S6.2') === 'failed')
            throw new Unjudged('blocked', 'blocked by S6.2: messages of several connections are lost')
          throw new Fault(
            `In round ${round} of ${ROUNDS}, ${lost} of ${2 * numbers.length} messages were not printed.`,
            {
              expected: 'X and Z of each client',
              received: lab.lines(instance).text(mark.out),
              cause: numbers.every((x) => mentions(lab.lines(instance!).text(lab.startOf(mark)), text(x)))
                ? LEFT_UNREAD
                : 'Where several connections are ready at once, one of them is read twice, or taken for another: read each that is ready once, and look at what recv returns.',
            },
          )
        }
        await lab.works(instance, 'After 20 clients at once, ')
      }
      return undefined
    },
  },
  {
    id: 'S6.4',
    title: '100 simultaneous connections',
    clause: 'HS-2.7',
    level: 'SHOULD',
    weight: 1,
    needs: ['S1.1', 'S5.1', 'S6.3'],
    after: ['S5.9'],
    alone: true,
    explain:
      'The queue of listen(fd, n) has to hold them, and a table of clients must not end at ten. All of them have to come to their end within 8 s; afterwards a normal handshake must work.',
    async check(lab) {
      lab.requireEndurance(101)
      const instance = await lab.fresh()
      const numbers = Array.from({ length: 100 }, () => lab.anyNumber())
      const { failed, done } = await crowd(lab, instance, numbers, 8000)
      if (failed.length > 0) {
        const { cause } = failed[0]!.details
        throw new Fault(`${done} of 100 clients came to the end of their handshake. ${failed[0]!.message}`, {
          ...failed[0]!.details,
          cause:
            causeOfFate(instance) ??
            (done > 0
              ? 'The queue of listen is too short (use SOMAXCONN), or a table of clients or threads is too small.'
              : cause),
        })
      }
      await lab.works(instance, 'After 100 clients at once, ')
      return undefined
    },
  },
]

async function meet(lab: ServerLab, instance: Instance, name: string): Promise<Meeting> {
  const peer = await lab.connect(instance, name)
  const x = lab.number()
  const sent = lab.message(x)
  peer.send(sent)
  const exchange = await lab.answer(instance, peer, x, sent, { z: 'none' })
  if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
  return { peer, x, name }
}

/** Whether another client is served while one stalls. */
async function waitingTime(lab: ServerLab, instance: Instance): Promise<{ served: boolean; peer?: Peer; x: number }> {
  const x = lab.number()
  const peer = await lab.connect(instance, 'other')
  const sent = lab.message(x)
  peer.send(sent)
  const exchange = await lab.answer(instance, peer, x, sent, { z: 'none', withinMs: STALL_MS })
  if (!exchange.right && exchange.reply.length === 0 && !instance.subject?.exit) return { served: false, peer, x }
  if (!exchange.right) throw lab.wrongAnswer(instance, exchange, 'While another client stalls: ')
  peer.send(lab.message(exchange.y! + 1))
  await lab.finish(exchange)
  return { served: true, x }
}
