/** Causes of what a server does not survive, and of what goes wrong among many clients. */
import { also, type Cause, is, value } from './fault.js'

const model = (name: string) => (fault: { values?: Readonly<Record<string, string | number>> | undefined }) =>
  fault.values?.model === name

export const CROWDS: readonly Cause[] = [
  ['not-accepting', also('next-not-served', (fault) => value(fault, 'unconnected') === 1)],
  ['left-over', also('next-not-served', (fault) => fault.ended === true || value(fault, 'printed') === 1)],
  ['not-closed-after-garbage', is('left-open')],
  ['judged-without-message', is('error-for-leaver')],
  ['one-at-a-time', also('other-model', ({ values }) => values?.concurrency === 'sequential')],
  ['another-model', is('other-model')],
  ['shared-state', is('mixed-up', 'error-among-others')],
  ['too-little-room', also('forgotten', (fault) => fault.id === 'S6.4' && value(fault, 'done') > 0)],
  ['not-reached', also('forgotten', model('sequential'))],
  ['event-forgotten', also('forgotten', model('events'))],
  ['thread-forgotten', is('forgotten')],
  ['not-watched', is('kept-open')],
  ['z-left-unread', also('lines-missing', (fault) => fault.id === 'S6.3' && value(fault, 'read') === 1)],
  ['read-twice', also('lines-missing', ({ id }) => id === 'S6.3')],
  ['shared-state', is('lines-missing')],
  ['short-queue', is('queue-full')],
  ['printed-in-pieces', is('torn')],
]
