import type { Case } from './case.js'

/** How a server serves many. */
export const S6: readonly Case[] = [
  {
    id: 'S6.1',
    title: 'serves others while one client stalls, or after it',
    sends: 'one client that is silent, one that stops after the answer',
    must: 'the others served in the end; with --expect, at once',
    why: 'One client connects and says nothing, another stops after the answer. If another client is served meanwhile, the server is concurrent; the checker looks at its processes and threads to say how. If that client has to wait for 2 s, the server is sequential. That is not a fault unless --expect asks for something else, but every client must be served in the end.',
    clause: 'HS-2.7',
    level: 'MUST',
    points: 3,
    probes: ['stalled clients'],
  },
  {
    id: 'S6.2',
    title: 'serves four interleaved clients',
    sends: 'four connections; X and Z of each in another order',
    must: 'each its own answer and lines',
    why: 'Each connection needs an expected number of its own. A global variable, a shared buffer, or the address of a loop variable that is given to a thread mixes them up. After the first client has gone, a fifth comes: its descriptor is smaller than those of the others, which must still be served to the end.',
    clause: 'HS-2.5',
    level: 'MUST',
    points: 3,
    probes: ['interleaved', 'stalled clients'],
  },
  {
    id: 'S6.3',
    title: 'serves 20 clients at once',
    sends: '20 clients with random numbers, 5 times',
    must: '20 right handshakes each time',
    why: 'Each client connects, speaks as soon as it may, and closes once it has sent Z; a sequential server serves them one after the other. The case repeats and reports how often it went wrong.',
    clause: 'HS-2.7',
    level: 'MUST',
    points: 3,
    probes: ['twenty at once', 'stalled clients'],
  },
  {
    id: 'S6.4',
    title: 'serves 100 simultaneous connections',
    sends: '100 connections, and then X on all of them',
    must: 'a right handshake on each connection, and one afterwards',
    why: 'A table of clients must not end at ten. The connections are made one after the other, as far as the queue of listen(fd, n) holds them, so that the result does not depend on timing. Afterwards a normal handshake must work.',
    clause: 'HS-2.7',
    level: 'SHOULD',
    points: 1,
    probes: ['a hundred at once', 'stalled clients'],
  },
]
