import type { Case } from './case.js'

/** What a server does with its arguments. */
export const S8: readonly Case[] = [
  {
    id: 'S8.1',
    title: 'ends at once without arguments',
    sends: 'no arguments',
    must: 'its end within 3 s, with any status',
    why: 'Any status will do; S8.3 judges a crash. The program must neither wait nor serve a port that was not given.',
    clause: 'HS-8.1',
    level: 'SHOULD',
    points: 1,
    sees: 'process',
    probes: ['usage'],
  },
  {
    id: 'S8.2',
    title: 'ends at once with an extra argument',
    sends: 'one argument more',
    must: 'its end within 3 s, with any status',
    why: 'The program expects one argument. Most programs ignore a second one.',
    clause: 'HS-8.1',
    level: 'MAY',
    points: 1,
    sees: 'process',
    probes: ['usage'],
  },
  {
    id: 'S8.3',
    title: 'does not crash without arguments',
    sends: 'no arguments',
    must: 'an end of its own accord',
    why: 'argv[1] is NULL without an argument, and atoi(NULL) crashes. A crash is an end at once, too, but a user who forgets the port needs a line that says how to call the program.',
    clause: 'HS-8.1',
    level: 'MAY',
    points: 1,
    sees: 'process',
    probes: ['usage'],
  },
]
