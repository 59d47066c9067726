import { concurrency } from '../judge/server/s6-concurrency.js'
import type { ServerCase } from './case.js'

/** How a server serves many. */
export const S6: readonly ServerCase[] = [
  {
    id: 'S6.1',
    title: 'serves others while one client stalls, or after it',
    sends: 'one client that is silent, one that stops after the answer',
    must: 'the others served in the end; with --expect, at once',
    why: 'One client connects and says nothing, another stops after the answer. If a further client is served meanwhile, the server is concurrent, and what holds the connections (processes, tasks, one loop) names it: processes, threads, events. If it has to wait for 2 s, the server is sequential. That is no fault unless --expect asks for something else; but everyone must be served in the end.',
    clause: 'HS-2.7',
    level: 'MUST',
    points: 3,
    probes: ['stalled clients'],
    judge: concurrency['S6.1'],
  },
  {
    id: 'S6.2',
    title: 'serves four interleaved clients',
    sends: 'four connections; X and Z of each in another order',
    must: 'each its own answer and lines',
    why: 'Each connection needs an expected number of its own. A global variable, a shared buffer, or a pointer to a loop variable that is given to a thread mixes them up. When the first has gone, a fifth comes: its descriptor is smaller than those of the others, who have to be served to their end.',
    clause: 'HS-2.5',
    level: 'MUST',
    points: 3,
    probes: ['interleaved', 'stalled clients'],
    judge: concurrency['S6.2'],
  },
  {
    id: 'S6.3',
    title: 'serves 20 clients at once',
    sends: '20 clients with random numbers, 5 times',
    must: '20 right handshakes each time',
    why: 'Each connects, speaks as soon as it may, and closes when it has sent Z; a sequential server serves them one after the other. The case repeats and says how often it went wrong.',
    clause: 'HS-2.7',
    level: 'MUST',
    points: 3,
    probes: ['twenty at once', 'stalled clients'],
    judge: concurrency['S6.3'],
  },
  {
    id: 'S6.4',
    title: 'serves 100 simultaneous connections',
    sends: '100 connections, and then X on all of them',
    must: 'a right handshake on each connection, and one afterwards',
    why: 'A table of clients must not end at ten. The connections are made one after the other, as far as the queue of listen(fd, n) holds them, so that this does not depend on time; afterwards a normal handshake must work.',
    clause: 'HS-2.7',
    level: 'SHOULD',
    points: 1,
    probes: ['a hundred at once', 'stalled clients'],
    judge: concurrency['S6.4'],
  },
]
