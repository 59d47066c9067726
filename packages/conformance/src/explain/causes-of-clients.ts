/** Causes of what clients do with wrong answers, with unusual deliveries, and in the end. */
import { also, type Cause, is, through, value } from './fault.js'

/** Only in this case: servers have a symptom of that name, too. */
const only = ([key, when]: Cause, ...ids: string[]): Cause => [key, (fault) => ids.includes(fault.id) && when(fault)]

const missing = is('error-missing')
const asserts = also('error-in-other-words', ({ received = '' }) => /Assertion/.test(received))
const crashed = is('crashed')

export const ANSWERS: readonly Cause[] = [
  ['aborted', asserts],
  only(
    [
      'y-compares-beginning',
      through('digit-more', 'equal digit-more', 'one-more digit-more', 'equal one-more digit-more'),
    ],
    'C3.1',
  ),
  only(['y-compares-greater', through('too-large one-more digit-more', 'too-large equal one-more digit-more')], 'C3.1'),
  only(['y-compares-less', through('equal negative', 'negative')], 'C3.1'),
  only(['y-not-compared', also('error-missing', (fault) => value(fault, 'noticed') === 0)], 'C3.1'),
  only(['y-compared-otherwise', missing], 'C3.1'),
  only(['error-to-server', is('error-sent')], 'C3.1', 'C3.6', 'C4.5'),
  ['sends-on-after-error', also('sent-after-wrong', (fault) => value(fault, 'number') === 1)],
  ['error-to-server', is('sent-after-wrong')],
  only(['error-beside-z', is('error-for-right')], 'C3.5'),
  only(['y-unchecked', missing], 'C3.6'),
  only(['recv-unchecked', missing], 'C4.5'),
  only(['y-printed-if-right', is('third-not-printed')], 'C3.4'),
]

export const ENDINGS: readonly Cause[] = [
  only(['open-after-error', is('stays-open')], 'C3.3'),
  only(['recv-after-z', is('stays-open')], 'C4.1'),
  only(['half-closed', also('runs-on', (fault) => value(fault, 'late') === 1)], 'C4.2'),
  only(['kept-alive', is('runs-on')], 'C4.2'),
  only(['gives-up-early', also('third-missing', ({ ended }) => ended === true)], 'C4.3'),
  only(['loops-at-the-end', is('runs-on')], 'C4.4'),
  only(['connect-unchecked', is('runs-on')], 'C4.7'),
  ['no-deadline', is('waits-for-ever')],
  ['status-of-success', is('status-not-zero')],
  only(['argc-of-client', is('runs-on')], 'C6.2', 'C6.3'),
  only(['x-null', crashed], 'C6.4'),
]
