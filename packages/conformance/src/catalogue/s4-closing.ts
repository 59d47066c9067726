import type { Case } from './case.js'

/** When a server closes. */
export const S4: readonly Case[] = [
  {
    id: 'S4.1',
    title: 'closes after Z without waiting for the client',
    sends: 'a handshake; the client keeps the connection open',
    must: 'the end of the connection',
    why: 'Once Z is judged, the handshake is over: close(client). A server that waits for the end of the stream keeps the connection as long as the client likes, and two sides that wait for each other wait for ever.',
    clause: 'HS-4.2',
    level: 'MUST',
    points: 3,
    probes: ['learning', 'waiting client'],
  },
  {
    id: 'S4.2',
    title: 'waits for Z: a client may take its time',
    sends: 'X after 400 ms, Z after 400 ms more',
    must: 'the answer, an open connection, and the line of Z',
    why: 'The checker waits 400 ms before X and before Z. A non-blocking socket, or a recv that is called too early, mistakes this for the end.',
    clause: 'HS-2.5',
    level: 'MUST',
    points: 2,
    probes: ['slow client'],
  },
]
