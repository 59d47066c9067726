import { usage } from '../judge/server/s8-usage.js'
import type { ServerCase } from './case.js'

/** What a server does with its arguments. */
export const S8: readonly ServerCase[] = [
  {
    id: 'S8.1',
    title: 'ends at once without arguments',
    sends: 'no arguments',
    must: 'its end within 3 s, with any status',
    why: 'With any status; that it crashes is told by S8.3. But it does not wait, and it does not serve some port that nobody named.',
    clause: 'HS-8.1',
    level: 'SHOULD',
    points: 1,
    sees: 'process',
    probes: ['usage'],
    judge: usage['S8.1'],
  },
  {
    id: 'S8.2',
    title: 'ends at once with an extra argument',
    sends: 'one argument more',
    must: 'its end within 3 s, with any status',
    why: 'Most programs ignore it.',
    clause: 'HS-8.1',
    level: 'MAY',
    points: 1,
    sees: 'process',
    probes: ['usage'],
    judge: usage['S8.2'],
  },
  {
    id: 'S8.3',
    title: 'does not crash without arguments',
    sends: 'no arguments',
    must: 'an end of its own accord',
    why: 'argv[1] is NULL where no argument was given, and atoi of NULL is a crash. It is an end, and at once; whoever starts the program by hand would rather read how to use it.',
    clause: 'HS-8.1',
    level: 'MAY',
    points: 1,
    sees: 'process',
    probes: ['usage'],
    judge: usage['S8.3'],
  },
]
