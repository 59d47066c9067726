import type { Case } from './case.js'

/** What every message looks like, of servers and of clients. */
export const shape = (group: 'S1' | 'C1', sends: string, probes: readonly string[]): readonly Case[] => [
  {
    id: `${group}.4`,
    title: 'sends HELLO, one space and the number, and nothing else',
    sends,
    must: 'capital letters, one space, no plus sign, no leading zeros',
    why: 'Capital letters, exactly one space, no plus sign, no leading zeros: `HELLO 42`.',
    clause: 'HS-1.1',
    level: 'MUST',
    points: 3,
    probes,
  },
  {
    id: `${group}.5`,
    title: 'sends no newline',
    sends,
    must: 'no newline after the number',
    why: 'A peer that prints what it receives would print an empty line. The newline belongs to the printed line, not to the message.',
    clause: 'HS-1.1',
    level: 'MUST',
    points: 2,
    probes,
  },
  {
    id: `${group}.6`,
    title: 'sends no NUL and no padding',
    sends,
    must: 'no NUL after the number',
    why: 'Many programs send the NUL that ends a text in C (strlen + 1), or the whole buffer (sizeof buffer). Receivers tolerate it; programs in other languages see a byte that does not belong there.',
    clause: 'HS-1.1',
    level: 'SHOULD',
    points: 1,
    probes,
  },
]
