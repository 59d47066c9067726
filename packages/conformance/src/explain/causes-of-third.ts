/** Causes of what goes wrong with Z, with unusual deliveries, and with arguments. */
import { also, type Cause, type Fault, is, through } from './fault.js'

const pattern =
  (...patterns: string[]) =>
  ({ symptom, values }: Fault) =>
    symptom === 'error-for-right' && patterns.includes(String(values?.pattern))

export const WRONG_THIRD: readonly Cause[] = [
  ['third-not-read-in-time', also('third-not-printed', ({ id }) => id === 'S4.2')],
  ['printed-only-if-right', is('third-not-printed')],
  ['error-overtakes', is('error-before-line')],
  ['sscanf-unchecked', also('error-missing', ({ id }) => id === 'S3.6')],
  [
    'compares-beginning',
    through('digit-more', 'equal digit-more', 'too-small digit-more', 'equal too-small digit-more'),
  ],
  ['compares-greater', through('too-large digit-more', 'too-large equal digit-more')],
  ['compares-less', through('equal too-small negative', 'too-small negative')],
  ['sign-ignored', through('negative')],
  ['z-not-compared', through('too-large equal too-small digit-more negative')],
  ['z-compared-otherwise', is('error-missing')],
  ['error-on-other-stream', is('error-elsewhere')],
  ['error-sent', is('error-sent')],
  ['error-in-other-words', is('error-in-other-words')],
  ['error-not-flushed', is('error-late')],
  ['error-without-newline', is('error-open')],
  ['newline-compared', pattern('without newline')],
  ['x-compared', pattern('before X')],
  ['sign-in-comparison', pattern('below zero')],
  ['sentinel-compared', pattern('one below zero')],
  ['comparison-cut', pattern('long')],
  ['reads-length-of-x', pattern('longer than X')],
  ['other-variable-compared', is('error-for-right')],
  ['open-after-error', also('stays-open', ({ id }) => id === 'S3.3')],
  ['reads-to-the-end', also('stays-open', ({ values }) => values?.follows === 1)],
  ['never-closed', is('stays-open')],
  ['second-recv', is('closed-early')],
  ['lock-kept', is('next-not-finished')],
  ['stuck', also('next-not-served', ({ received }) => received === '')],
]

/** Each of these cases has one cause. */
export const DELIVERIES: readonly Cause[] = (
  [
    ['nul-ends', 'S7.1', 'C5.1'],
    ['newline-ends', 'S7.2', 'C5.2'],
    ['padding-ends', 'S7.3', 'C5.3'],
    ['reads-on', 'S7.4', 'C5.4'],
    ['terminator-skipped', 'S7.5', 'C5.5'],
    ['two-messages', 'S7.6'],
  ] as const
).map(([key, ...ids]): Cause => [key, ({ id }) => (ids as readonly string[]).includes(id)])

export const USAGE: readonly Cause[] = [
  ['argc', is('runs-on')],
  ['argv-null', is('crashed')],
]
