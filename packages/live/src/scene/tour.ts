import type { Command } from './commands.js'

/** One step of the guided tour. It drives the same commands as the buttons. */
export interface TourStep {
  readonly title: string
  /** Two sentences. */
  readonly text: string
  /** The strategy to look at. */
  readonly look: string
  readonly commands: readonly Command[]
}

const afresh = (settings: Omit<Command & { do: 'set' }, 'do'>): Command[] => [
  { do: 'set', rate: 0, slowMotion: 1, thinkMs: 1200, threads: 4, holding: false, ...settings },
  { do: 'restart' },
]

export const TOUR: readonly TourStep[] = [
  {
    title: 'One at a time',
    look: 'sequential',
    text:
      'Six clients arrive at each server in the same moment, and each thinks before it speaks. The first lane has one thread ' +
      'that serves a client to its end, so the others wait in the accept queue until it is their turn.',
    commands: [...afresh({ thinkMs: 2400 }), { do: 'clients', kind: 'normal', count: 6 }],
  },
  {
    title: 'One client is slow',
    look: 'sequential',
    text:
      'One client says HELLO and then nothing, while others keep coming. In the first lane they all wait for it, until the ' +
      'deadline of the server ends it; in the other two lanes it stops no other client.',
    commands: [...afresh({ rate: 2, thinkMs: 600 }), { do: 'clients', kind: 'stalled', count: 1 }],
  },
  {
    title: 'Threads',
    look: 'threads',
    text:
      'With four threads, four clients are served at once, a thread for each. Two of them stall here: they hold two threads, ' +
      'and the other two do the work.',
    commands: [
      ...afresh({ rate: 1, thinkMs: 900 }),
      { do: 'clients', kind: 'stalled', count: 2 },
      { do: 'clients', kind: 'normal', count: 2 },
    ],
  },
  {
    title: 'More clients than threads',
    look: 'threads',
    text:
      'Twenty-four slow clients meet four threads. Four are served, twenty wait in the queue: a pool of threads is only as ' +
      'large as the number of clients that may think at the same time.',
    commands: [...afresh({ thinkMs: 1800 }), { do: 'clients', kind: 'slow', count: 24 }],
  },
  {
    title: 'One thread, all at once',
    look: 'events',
    text:
      'Fifty slow clients, and in the last lane a single thread for all of them. It never waits for one client: it answers ' +
      'whichever has just spoken, and thinking clients cost it nothing but memory.',
    commands: [...afresh({ thinkMs: 1800 }), { do: 'clients', kind: 'slow', count: 50 }],
  },
]
