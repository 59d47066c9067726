/** Causes of what goes wrong after many clients. */
import { also, type Cause, is, value } from './fault.js'

/** After this many clients, the next does not differ from them. */
const SOME = 10

/** A program that ends itself has counted; one that is killed so soon has come to harm in another way. */
export const USED_UP: readonly Cause[] = [
  ['seat-kept', also('series-ended', (fault) => value(fault, 'leavers') === 1 && !fault.exit)],
  ['used-up', also('series-ended', (fault) => value(fault, 'served') >= SOME || !fault.exit?.signal)],
]

export const SERIES: readonly Cause[] = [
  ['processes-stay', also('descriptors-stay', (fault) => value(fault, 'processes') === 1)],
  ['leavers-stay', also('descriptors-stay', (fault) => value(fault, 'leavers') === 1)],
  ['descriptors-stay', is('descriptors-stay')],
  ['waited-for-once', also('zombies', (fault) => value(fault, 'atOnce') === 1)],
  ['not-waited-for', is('zombies')],
  ['threads-stay', is('threads-stay')],
  ['not-detached', is('memory-stays')],
  ['busy-loop', is('busy')],
]
