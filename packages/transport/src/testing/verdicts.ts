import { setImmediate as turn } from 'node:timers/promises'
import { clientHandshake, type Effect, type FailureCode, serverHandshake } from '@hs/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Drive, type Outcome, type Patience } from '../drive.js'
import type { Connection, Endpoint, Transport } from '../transport.js'
import type { Peer, Peers } from './peers.js'

/**
 * What a peer does, one step after the other and all of them at once: text is sent in a segment of its own. `RST`
 * breaks the connection, `FIN` ends what the peer sends, `CLOSE` also ends what it takes.
 */
type Script = readonly (string | typeof RST | typeof FIN | typeof CLOSE)[]
const RST = Symbol('RST')
const FIN = Symbol('FIN')
const CLOSE = Symbol('CLOSE')

/**
 * When the peer does it. `queued`: before its connection is taken from the listener. `connected`: before the handshake
 * starts. `printing`: while the message that it sent before is reported, just before that is answered. The others: when
 * the peer has received X, Y or Z.
 */
type Moment = 'queued' | 'connected' | 'X' | 'Y' | 'Z' | 'printing'

type Verdict = 'established' | FailureCode

type Row = readonly [moment: Moment, script: Script, verdict: Verdict]

const TOO_LONG = `HELLO ${'6'.repeat(80)}`
const OUT_OF_RANGE = 'HELLO 9007199254740993\n'

/** X is 5. */
const CLIENT: readonly Row[] = [
  ['connected', [RST], 'ERR_HS_RESET'],
  ['connected', [FIN], 'ERR_HS_CLOSED_EARLY'],
  ['connected', [CLOSE], 'ERR_HS_CLOSED_EARLY'],
  ['connected', ['HELLO 6', RST], 'ERR_HS_RESET'],
  ['connected', ['HELLO 6', FIN], 'established'],
  ['connected', ['HELLO 9', RST], 'ERR_HS_RESET'],
  ['connected', ['HELLO 9', FIN], 'ERR_HS_WRONG_NUMBER'],
  ['connected', ['HELLO 9', CLOSE], 'ERR_HS_WRONG_NUMBER'],
  ['X', [], 'ERR_HS_TIMEOUT'],
  ['X', [RST], 'ERR_HS_RESET'],
  ['X', [FIN], 'ERR_HS_CLOSED_EARLY'],
  ['X', [CLOSE], 'ERR_HS_CLOSED_EARLY'],
  ['X', ['HELLO 6'], 'established'],
  ['X', ['HELLO 6', RST], 'ERR_HS_RESET'],
  ['X', ['HELLO 6', FIN], 'established'],
  ['X', ['HELLO 6', CLOSE], 'established'],
  ['X', ['HELLO 6\n', RST], 'ERR_HS_RESET'],
  ['X', ['HELLO 6', '\0\0\0', RST], 'ERR_HS_RESET'],
  ['X', ['HELLO 6', 'HELLO 9', RST], 'ERR_HS_RESET'],
  ['X', ['HELLO 6HELLO 9', FIN], 'established'],
  ['X', ['HEL', 'LO 6', RST], 'ERR_HS_RESET'],
  ['X', ['HEL', 'LO 6', FIN], 'established'],
  ['X', ['HELLO '], 'ERR_HS_TIMEOUT'],
  ['X', ['HELLO ', RST], 'ERR_HS_RESET'],
  ['X', ['HELLO ', FIN], 'ERR_HS_MALFORMED'],
  ['X', ['HELLO ', CLOSE], 'ERR_HS_MALFORMED'],
  ['X', ['HELLO 9', RST], 'ERR_HS_WRONG_NUMBER'],
  ['X', ['HELLO 9', FIN], 'ERR_HS_WRONG_NUMBER'],
  ['X', ['HELLO 9', CLOSE], 'ERR_HS_WRONG_NUMBER'],
  ['X', ['HELLO 9', 'HELLO 6', RST], 'ERR_HS_WRONG_NUMBER'],
  ['X', ['ERROR\n', RST], 'ERR_HS_MALFORMED'],
  ['X', ['ERROR\n', FIN], 'ERR_HS_MALFORMED'],
  ['X', [TOO_LONG, RST], 'ERR_HS_TOO_LONG'],
  ['X', [OUT_OF_RANGE, RST], 'ERR_HS_OUT_OF_RANGE'],
  ['printing', [RST], 'ERR_HS_RESET'],
  ['printing', ['HELLO 9', RST], 'ERR_HS_RESET'],
  ['printing', [FIN], 'established'],
  ['printing', [CLOSE], 'established'],
  ['Z', [RST], 'established'],
  ['Z', [FIN], 'established'],
  ['Z', [CLOSE], 'established'],
]

const early: readonly (readonly [Script, Verdict])[] = [
  [[], 'ERR_HS_TIMEOUT'],
  [[RST], 'ERR_HS_RESET'],
  [[FIN], 'ERR_HS_CLOSED_EARLY'],
  [[CLOSE], 'ERR_HS_CLOSED_EARLY'],
  [['HELLO ', RST], 'ERR_HS_RESET'],
  [['HELLO ', FIN], 'ERR_HS_MALFORMED'],
  [['HELLO ', CLOSE], 'ERR_HS_MALFORMED'],
  [['HELLO 5', RST], 'ERR_HS_RESET'],
  [['HELLO 5', FIN], 'ERR_HS_CLOSED_EARLY'],
  [['HELLO 5', CLOSE], 'ERR_HS_CLOSED_EARLY'],
  [['HELLO 5\0', 'HELLO 7\0', RST], 'ERR_HS_RESET'],
  [['HELLO 5HELLO 7', RST], 'ERR_HS_RESET'],
  [['HELLO 5HELLO 7', FIN], 'established'],
  [['HELLO 5HELLO 7', CLOSE], 'established'],
  [['HELLO 5HELLO 9', RST], 'ERR_HS_WRONG_NUMBER'],
  [['HELLO 5HELLO 9', FIN], 'ERR_HS_WRONG_NUMBER'],
  [['GET / HTTP/1.1\r\n', RST], 'ERR_HS_MALFORMED'],
  [['GET / HTTP/1.1\r\n', CLOSE], 'ERR_HS_MALFORMED'],
  [[TOO_LONG, RST], 'ERR_HS_TOO_LONG'],
  [[OUT_OF_RANGE, RST], 'ERR_HS_OUT_OF_RANGE'],
]

const SERVER: readonly Row[] = [
  ...early.map(([script, verdict]): Row => ['queued', script, verdict]),
  ...early.map(([script, verdict]): Row => ['connected', script, verdict]),
  ['printing', [RST], 'ERR_HS_RESET'],
  ['printing', ['HELLO 7', RST], 'ERR_HS_RESET'],
  ['printing', ['HELLO 9', RST], 'ERR_HS_RESET'],
  ['printing', ['HELLO 7', FIN], 'established'],
  ['printing', ['HELLO 7', CLOSE], 'established'],
  ['printing', ['HELLO 9', FIN], 'ERR_HS_WRONG_NUMBER'],
  ['printing', [FIN], 'ERR_HS_CLOSED_EARLY'],
  ['Y', [], 'ERR_HS_TIMEOUT'],
  ['Y', [RST], 'ERR_HS_RESET'],
  ['Y', [FIN], 'ERR_HS_CLOSED_EARLY'],
  ['Y', [CLOSE], 'ERR_HS_CLOSED_EARLY'],
  ['Y', ['HELLO 7'], 'established'],
  ['Y', ['HELLO 7', RST], 'established'],
  ['Y', ['HELLO 7', FIN], 'established'],
  ['Y', ['HELLO 7', CLOSE], 'established'],
  ['Y', ['HELLO 7', 'HELLO 9', RST], 'established'],
  ['Y', ['HEL', 'LO 7', RST], 'established'],
  ['Y', ['HELLO '], 'ERR_HS_TIMEOUT'],
  ['Y', ['HELLO ', RST], 'ERR_HS_RESET'],
  ['Y', ['HELLO ', FIN], 'ERR_HS_MALFORMED'],
  ['Y', ['HELLO 9', RST], 'ERR_HS_WRONG_NUMBER'],
  ['Y', ['HELLO 9', FIN], 'ERR_HS_WRONG_NUMBER'],
  ['Y', ['HELLO 9', CLOSE], 'ERR_HS_WRONG_NUMBER'],
  ['Y', ['?', RST], 'ERR_HS_MALFORMED'],
]

/** How often each row runs; by hand more often, to see that no verdict depends on luck. */
const REPEATS = Number(process.env.HS_VERDICT_REPEATS ?? 2)

/** Nothing is judged by the clock: the deadline of those who wait in vain is said to have passed. */
const PATIENCE: Patience = { timeoutMs: 60_000, quietMs: 0, prefixMs: 30_000 }

/** How often the system is asked whether a reset has arrived; the first time, it mostly has. */
const MOST_LOOKS = 1000

const SAID: Readonly<Record<string, string>> = { X: 'HELLO 5', Y: 'HELLO 6', Z: 'HELLO 7' }

/**
 * The same peer at the same moment gives the same outcome with the same code on every transport: a table of both.
 * Everything that a script does, a reset above all, has arrived before the transport can act again: peer and transport
 * share a thread, and {@link play} holds it until the system says so. So no row depends on which of two was faster.
 */
export function describeVerdicts(name: string, make: () => Transport, peers: Peers): void {
  // The system is asked what has arrived, which only Linux answers.
  const describeIfKnown = describe.runIf(peers.resetArrived)

  describeIfKnown(`${name}: what becomes of a client`, () => {
    it.each(CLIENT.map(titled))('%s', async (_, moment, script, verdict) => {
      for (let again = 0; again < REPEATS; again++) {
        const server = await peers.listen()
        const transport = make()
        const connection = await transport.connect(server.address)
        const accepting = server.accept(connection.local)
        const { local, remote } = connection
        const hasArrived = () => peers.resetArrived!(local, remote)
        if (moment === 'connected') play(await accepting, script, hasArrived)
        const run = start('client', transport, connection, () => {
          if (moment === 'printing') play(peer, script, hasArrived)
        })
        // Not before: a transport may leave it to X to complete the connection, and its peer waits as long for it.
        const peer = await accepting
        if (moment === 'X') {
          await peer.until(SAID.X!)
          play(peer, script, hasArrived)
        } else if (moment === 'printing' || moment === 'Z') {
          await peer.until(SAID.X!)
          await peer.send(SAID.Y!)
        }
        if (moment === 'Z') {
          await peer.until(SAID.Z!)
          play(peer, script, undefined)
        }
        expect(await run.end(verdict)).toBe(verdict)
        peer.destroy()
      }
    })
  })

  describeIfKnown(`${name}: what becomes of a server's handshake`, () => {
    it.each(SERVER.map(titled))('%s', async (_, moment, script, verdict) => {
      const transport = make()
      const listener = await transport.listen(
        { host: '127.0.0.1', port: 0 },
        { maxWaiting: 10, shared: false, onDrop() {} },
      )
      onTestFinished(() => listener.close())
      const connections = listener[Symbol.asyncIterator]()
      for (let again = 0; again < REPEATS; again++) {
        const peer = await peers.connect(listener.address)
        const { local: remote } = peer
        const hasArrived = () => peers.resetArrived!(listener.address, remote)
        if (moment === 'queued') play(peer, script, hasArrived)
        const connection = await connectionFrom(remote, connections)
        if (moment === 'connected') play(peer, script, hasArrived)
        const run = start('server', transport, connection, () => {
          if (moment === 'printing') play(peer, script, hasArrived)
        })
        if (moment === 'Y' || moment === 'printing') await peer.send(SAID.X!)
        if (moment === 'Y') {
          await peer.until(SAID.Y!)
          play(peer, script, hasArrived)
        }
        expect(await run.end(verdict)).toBe(verdict)
        peer.destroy()
      }
    })
  })
}

/** Another program of a busy machine may mistake this port for that of its own server. */
async function connectionFrom(
  { port }: Endpoint,
  connections: AsyncIterator<Connection, undefined>,
): Promise<Connection> {
  for (;;) {
    const { value: connection } = await connections.next()
    if (!connection) throw new Error('the listener ended')
    // A peer that reset is not always known any more.
    if (connection.remote.port === port || connection.remote.port === 0) return connection
    connection.abort()
  }
}

function titled([moment, script, verdict]: Row) {
  const steps = script.map((step) => (typeof step === 'string' ? JSON.stringify(step.slice(0, 24)) : step.description))
  const when = { X: 'after X', Y: 'after Y', Z: 'after Z' } as Readonly<Record<string, string>>
  return [`${when[moment] ?? moment}, ${steps.join(', ') || 'nothing'}: ${verdict}`, moment, script, verdict] as const
}

/** @param onReceived - Called while the first message is reported. */
function start(side: 'client' | 'server', transport: Transport, connection: Connection, onReceived: () => void) {
  const machine = side === 'client' ? clientHandshake(5) : serverHandshake()
  let drive: Drive | undefined
  const ended = new Promise<Verdict>((resolve, reject) => {
    const outcomes: Outcome[] = []
    let received = 0
    const observer = {
      onEffect({ type }: Effect) {
        if (type === 'received' && ++received === 1) onReceived()
      },
      onClosed(outcome: Outcome) {
        // A second call would come before this is resolved.
        if (outcomes.push(outcome) > 1) reject(new Error('the connection told twice that it was closed'))
        setImmediate(() => resolve(outcome.type === 'established' ? 'established' : outcome.failure.code))
      },
    }
    drive = new Drive(machine, connection, { clock: transport.clock, ...PATIENCE }, observer)
    drive.start()
  })
  return {
    /** @returns The one verdict, when the connection is gone. */
    async end(expected: Verdict): Promise<Verdict> {
      if (expected === 'ERR_HS_TIMEOUT') {
        for (let turns = 0; turns < 20; turns++) await turn()
        drive?.expire()
      }
      return ended
    },
  }
}

/** Does all of it without a pause. @param hasArrived - Asks the system, if it can still matter. */
function play(peer: Peer, script: Script, hasArrived: (() => boolean) | undefined): void {
  for (const step of script) {
    if (step === RST) {
      peer.reset()
      for (let looks = 0; hasArrived && !hasArrived(); looks++) {
        if (looks === MOST_LOOKS) throw new Error('the reset has not arrived')
      }
    } else if (step === FIN) {
      void peer.end()
    } else if (step === CLOSE) {
      peer.destroy()
    } else {
      peer.write(step as string)
    }
  }
}
