import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, Fault, Unjudged } from '../../case.js'
import type { ServerLab } from '../../server-lab.js'
import { causeOfFate, fate } from '../../server-program.js'

const CONNECTIONS = 200
/** With fewer, a leak could not be told from what comes and goes. */
const LEAST_CONNECTIONS = 60
/** Who takes its time with each client is asked to serve fewer. */
const SERIES_MS = 15_000
/** What may come and go by itself: caches, logs, connections that linger in user space, a child that dies just now. */
const ALLOWED = 10
/**
 * The stack of a thread has 8 MiB on most systems. Less for each client may be what a runtime has reserved for itself
 * meanwhile: 258 MiB in Node, be they few or many.
 */
const STACK_BYTES = 6 * 1024 * 1024

/** What stays behind of clients that have gone. */
export const leaks: readonly Case<ServerLab>[] = [
  {
    id: 'S5.10',
    title: `keeps no descriptors over ${CONNECTIONS} connections`,
    clause: 'HS-2.7',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1', 'S5.1'],
    after: ['S4.1', 'S4.2', 'S5.4', 'S5.9'],
    observes: 'system',
    alone: true,
    explain:
      'Every connection is a descriptor, and a process has some 1,024 of them: a server that forgets to close lives for a thousand clients. Most of the clients finish, some close early. After fork, the parent closes its copy too.',
    async check(lab) {
      const instance = await lab.fresh()
      const { closes } = await lab.facts()
      lab.requireEndurance(LEAST_CONNECTIONS + 4)
      const connections = Math.min(CONNECTIONS, lab.findings.endurance - 4)
      await lab.works(instance, '')
      await sleep(50)
      const subject = instance.subject!
      const before = subject.holdings()
      const serve = async (early: boolean, count: number) => {
        const until = performance.now() + SERIES_MS
        let served = 0
        for (; served < count && performance.now() < until; served++) {
          const exchange = await lab.exchange(instance, lab.number(), early ? { z: 'none' } : {})
          if (!exchange.right) {
            const { endurance, enduranceToldBy } = lab.findings
            if (Number.isFinite(endurance))
              throw new Unjudged('blocked', `blocked by ${enduranceToldBy}: it ends on the way`)
            throw lab.wrongAnswer(instance, exchange, `Connection ${served + 1}: `)
          }
          if (closes && !early) await exchange.peer.untilOver(lab.settings.patienceMs)
          if (early) {
            // The next one comes when this one has been dealt with.
            exchange.peer.finish()
            await exchange.peer.untilOver(30)
          }
          exchange.peer.close()
        }
        // What is on its way to be closed has time to.
        let after = subject.holdings()
        for (let wait = 0; wait < 10 && after.descriptors - before.descriptors > ALLOWED; wait++) {
          await sleep(50)
          after = subject.holdings()
        }
        return { more: after.descriptors - before.descriptors, after, served }
      }
      let { more, after, served } = await serve(false, Math.floor((connections * 3) / 4))
      lab.findings.leftBehind = { clients: served, before, after }
      // Who does not survive clients that leave early was told so by S5.4.
      if (more <= ALLOWED && lab.findings.verdicts.get('S5.4') === 'passed') {
        ;({ more, after } = await serve(true, Math.floor(connections / 4)))
        lab.findings.keepsLeavers = more > ALLOWED
      }
      if (subject.exit) throw new Fault(`It died on the way: ${fate(instance)}.`, { cause: causeOfFate(instance) })
      if (more <= ALLOWED) return `${before.descriptors} open before, ${after.descriptors} after`
      if (lab.staysOpen) throw new Unjudged('blocked', 'blocked by S4.1: connections are not closed')
      throw new Fault(`After some ${connections} connections, ${more} more descriptors are open.`, {
        expected: `about ${before.descriptors}`,
        received: String(after.descriptors),
        cause:
          after.processes - before.processes > ALLOWED
            ? 'Processes stay: a child that is done with its client has to end (exit(0)), and must not go back to accept.'
            : lab.findings.keepsLeavers
              ? 'close(client) is missing where recv returns 0: there, too, the connection is over.'
              : 'close(client) is missing on some path: after Z, after ERROR, or where recv returns 0. After fork, the parent has to close its copy too.',
      })
    },
  },
  {
    id: 'S5.13',
    title: 'leaves nothing behind of clients: no dead children, no threads',
    clause: 'HS-2.7',
    level: 'SHOULD',
    weight: 1,
    needs: ['S5.10'],
    observes: 'system',
    alone: true,
    explain:
      'A child that has ended stays in the table of processes until its parent has waited for it, and a thread keeps its stack until it is joined, unless it was detached. Some ten thousand clients later the system gives no more of them. Seen after the clients of S5.10.',
    async check({ findings }) {
      const { clients, before, after } = findings.leftBehind!
      const more = (what: keyof typeof before) => after[what] - before[what]
      const context = `After ${clients} connections, one after the other, `
      if (more('deadChildren') > ALLOWED) {
        throw new Fault(`${context}${more('deadChildren')} children are dead, and nobody has waited for them.`, {
          expected: 'none',
          received: `${after.deadChildren} zombies`,
          cause:
            'wait is missing: call waitpid(-1, NULL, WNOHANG) until it returns 0 or less, where SIGCHLD comes or after each accept; or signal(SIGCHLD, SIG_IGN) once, and the system buries them.',
        })
      }
      if (more('tasks') > ALLOWED) {
        throw new Fault(`${context}${more('tasks')} more threads run.`, {
          expected: `about ${before.tasks}`,
          received: String(after.tasks),
          cause: 'A thread does not return when its client has gone.',
        })
      }
      const each = more('addressSpaceBytes') / clients
      if (each < STACK_BYTES) return undefined
      throw new Fault(`${context}the program has ${(each / 2 ** 20).toFixed(1)} MiB more of address space for each.`, {
        expected: 'as much as before',
        received: `${Math.round(more('addressSpaceBytes') / 2 ** 20)} MiB more`,
        cause:
          'Threads that have ended keep their stacks until they are joined: call pthread_detach(thread) after pthread_create, or pthread_detach(pthread_self()) in the thread. If there are no threads: malloc without free.',
      })
    },
  },
]
