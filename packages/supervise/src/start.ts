import { setTimeout as sleep } from 'node:timers/promises'
import { hasProc } from './proc.js'
import { describeExit, StartError, type SupervisedProcess } from './process.js'
import { listenerOn, reachable } from './sockets.js'

/** How often to look whether a program listens: less often while it takes its time. */
const LOOK_AGAIN_MS = { least: 2, most: 10 }

/** For how long a listener of another process is taken for a stranger's. (Docker listens on behalf of others.) */
const FOREIGN_MS = 300

/** How long a program may listen only elsewhere before that is taken for its port. */
const WRONG_PORT_MS = 200

/**
 * Waits until the program listens, without touching the port: a third of all real servers do not survive a connection
 * that says nothing. If the system does not show it, undefined is returned, and the first handshake has to be retried.
 *
 * @param anywhere - It is known to listen on a port of its own choice: the first is taken at once.
 * @throws {StartError} If it ends or is silent for too long.
 */
export async function untilListening(
  process: SupervisedProcess,
  port: number,
  withinMs: number,
  anywhere = false,
): Promise<{ host: string; port: number } | undefined> {
  const until = performance.now() + withinMs
  let pauseMs = LOOK_AGAIN_MS.least
  let lastLook = performance.now()
  let seenElsewhere = false
  let foreignSince: number | undefined
  for (;;) {
    if (process.exit && foreignSince !== undefined) throw new StartError(`port ${port} is in use`)
    if (process.exit) {
      const refused = refusal(process)
      if (refused !== undefined) throw new StartError(refused)
      const said = [process.out.text(), process.err.text()].join('\n').trim().split('\n').at(-1)
      throw new StartError(
        `the program ended before it listened (${describeExit(process.exit)})${said ? `; it said: ${said}` : ''}`,
      )
    }
    if (!hasProc) return undefined
    const now = performance.now()
    const mayListenElsewhere = anywhere || now - lastLook >= WRONG_PORT_MS
    // The list of sockets is long to read, 10 ms on some systems, and a program that has no socket is not in it.
    const entry = mayListenElsewhere || process.hasSocket() ? listenerOn(port) : undefined
    if (entry) {
      // Another program may have taken the port in between: then this one is about to end.
      foreignSince ??= now
      const own = process.listens([entry]).some((at) => at.port === port)
      if (own || now - foreignSince >= FOREIGN_MS) return { host: reachable(entry.localAddress), port }
    }
    if (now >= until) throw new StartError(`the program did not listen on port ${port} within ${withinMs / 1000} s`)
    // A costly look, so not at each turn.
    if (mayListenElsewhere) {
      lastLook = now
      const elsewhere = process.listens()[0]
      if (elsewhere && (anywhere || seenElsewhere)) return elsewhere
      seenElsewhere = elsewhere !== undefined
    }
    await sleep(pauseMs)
    pauseMs = Math.min(pauseMs * 1.3, LOOK_AGAIN_MS.most)
  }
}

/** Why there is no such program, in the words of the shell or of stdbuf; undefined if there is one. */
export function refusal({ name, exit, err }: SupervisedProcess): string | undefined {
  if (exit?.code !== 126 && exit?.code !== 127) return undefined
  const said = err.text().trim().split('\n').at(-1)?.split(': ').at(-1)
  return `${name}: ${said || 'not found'}`
}
