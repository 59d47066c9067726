/** The first handshakes teach what a server needs to be understood, and how it prints. Pure: it only decides. */
import { text } from '../../message.js'
import { type Exchange, thirdNumber } from '../exchange.js'
import type { Mode } from '../observation.js'
import { foreignLine, hasError, linesOf, mentions } from '../output.js'
import { type ServerFacts, UNKNOWN } from './facts.js'

/** Handshakes with a new process, one after the other, in a way that is new. */
export interface Trial {
  readonly purpose: string
  /** Numbers to send; `undefined`: any of three digits, the same in every trial. */
  readonly numbers: readonly (number | undefined)[]
  readonly dress: string
  readonly mode: Mode
  /** Before X. */
  readonly pauseMs?: number
  /** How long to look for what is printed late, after each. */
  readonly slackMs?: number
  /** `grow`: append NULs until an answer comes. `fill`: repeat until a whole buffer was printed. */
  readonly how?: 'grow' | 'fill'
  /** Dresses of the numbers, if they differ. */
  readonly dresses?: readonly string[]
}

export type Plan = Generator<Trial, ServerFacts, readonly Exchange[]>

const NUL = '\0'
const LF = '\n'
/** How long the first client waits before it speaks: a server that reads too early must not be lucky. */
const HESITATION_MS = 100
/** How late a program may be to say that a client has left. */
const SLACK_MS = 300
/** Short messages after longer ones, some across zero: within one connection, too, the second is shorter. */
const STALE_NUMBERS = [undefined, 7, -1, 1234, 9, -2, 654321, 8, 0, 321]
/** Among them, one that is much shorter than the one before it. */
const SHORT_PROBE = 8
/** If a NUL does not end a text, a message has to cover what an earlier one may have left: 17 bytes at most. */
const COVER = '\0'.repeat(24)
/** Lengths to which a message of three digits is padded. */
const PADDED = [11, 13]

const trial = (purpose: string, more: Partial<Trial> = {}): Trial => ({
  purpose,
  numbers: [undefined],
  dress: '',
  mode: 'live',
  ...more,
})

/** Both lines of an exchange are in its output, in whatever company. */
function showsLines({ x, third, out }: Exchange): boolean {
  const z = thirdNumber({ third })
  return mentions(out, x!) && (z === undefined || mentions(out, z))
}

/** A line carries what was not sent: memory after the message, shown as text. */
function garbage(exchange: Exchange): string | undefined {
  const z = thirdNumber(exchange)
  return (
    foreignLine(exchange.out, text(exchange.x!)) ?? (z === undefined ? undefined : foreignLine(exchange.out, text(z)))
  )
}

/** How much went wrong after a right answer. */
const flaws = (exchange: Exchange): number =>
  [!showsLines(exchange), garbage(exchange) !== undefined, exchange.exit, hasError(exchange.out + exchange.err)].filter(
    Boolean,
  ).length

/** Decides what to try next, trial by trial, and says in the end what is known. */
export function* learning(observed: boolean): Plan {
  const [bare] = (yield trial('bare', { pauseMs: HESITATION_MS })) as [Exchange]
  const understood = yield* findDress(bare, observed)
  const { first, dress, sometimes } = understood
  const common = { ...UNKNOWN, bare, first, dress, ...(sometimes && { sometimes }) }
  if (!first.right) return common
  const { printing, printed, fills } = yield* findPrinting(first, dress, observed)
  const mode: Mode = printing === 'unbuffered' ? 'unbuffered' : 'live'
  const z = thirdNumber(printed)
  const known = {
    ...common,
    answered: true,
    printing,
    mode,
    printed: fills ?? printed,
    closes: first.ended !== undefined && !first.ended.beforeThird,
    ends: first.exit !== undefined,
    answerMs: first.answerMs ?? 0,
    printsThird:
      observed &&
      z !== undefined &&
      printing !== 'late' &&
      mentions(printing === 'stderr' ? printed.err : printed.out, z),
  }
  const stale = yield* findStale({ bare, first, dress, mode, observed })
  return { ...known, ...stale, ...(yield* findEcho(stale.dress ?? dress, mode)) }
}

/** Some programs understand a message only if something follows it; everything else is then judged that way. */
function* findDress(
  bare: Exchange,
  observed: boolean,
): Generator<Trial, Pick<ServerFacts, 'dress' | 'sometimes'> & { first: Exchange }, readonly Exchange[]> {
  const right = bare.right
  if (right && (!observed || flaws(bare) === 0)) return { first: bare, dress: '' }
  // A program that leaves an answer out now and then would seem to need whatever was sent when it did not.
  for (let of = 2; !right && of <= 3; of++) {
    const [again] = (yield trial(`again ${of}`)) as [Exchange]
    if (again.right) return { first: again, dress: '', sometimes: { times: 1, of } }
    // What the program has not read, it does not read in another dress either.
    if (bare.unread || again.unread) return { first: bare, dress: '' }
    if (again.reply !== '') break
  }
  for (const dress of right ? [NUL] : [NUL, LF, 'size']) {
    const how = dress === 'size' ? { how: 'grow' as const, dress: '' } : { dress }
    const [other] = (yield trial(`dress ${JSON.stringify(dress)}`, how)) as [Exchange]
    if (!other.right || (right && flaws(other) >= flaws(bare))) continue
    const needed = dress === 'size' ? '\0'.repeat(other.sent.length) : dress
    if (right) return { first: other, dress: needed }
    const [sure] = (yield trial(`sure ${JSON.stringify(dress)}`, { dress: needed, pauseMs: HESITATION_MS })) as [
      Exchange,
    ]
    if (sure.right) return { first: sure, dress: needed }
    return { first: other, dress: '', sometimes: { times: 1, of: 5 } }
  }
  return { first: bare, dress: '' }
}

/** Is a line that is not seen printed to stderr, held back, or not printed? */
function* findPrinting(
  first: Exchange,
  dress: string,
  observed: boolean,
): Generator<Trial, Pick<ServerFacts, 'printing'> & { printed: Exchange; fills?: Exchange }, readonly Exchange[]> {
  if (!observed || showsLines(first)) return { printing: 'live', printed: first }
  const shown = ({ x, third }: Exchange, output: string) =>
    [x, thirdNumber({ third })].filter((one) => one !== undefined && mentions(output, one)).length
  if (shown(first, first.err) > 0) return { printing: 'stderr', printed: first }
  const [unbuffered] = (yield trial('unbuffered', { dress, mode: 'unbuffered' })) as [Exchange]
  const count = shown(unbuffered, unbuffered.out)
  // One of the two lines is enough to see that output comes as it is printed.
  if (shown(first, first.out) > 0)
    return count > 1 ? { printing: 'unbuffered', printed: unbuffered } : { printing: 'live', printed: first }
  if (count > 0) return { printing: 'unbuffered', printed: unbuffered }
  const filled = yield trial('fill', { dress, how: 'fill' })
  const late = filled.some(({ x, out }) => mentions(out, x!)) ? filled.find(({ out }) => out !== '') : undefined
  return late ? { printing: 'late', printed: first, fills: late } : { printing: 'none', printed: first }
}

interface Understood {
  readonly bare: Exchange
  readonly first: Exchange
  readonly dress: string
  readonly mode: Mode
  readonly observed: boolean
}

type Staleness = Pick<ServerFacts, 'stale' | 'single'> & { dress?: string }

/** Short messages after long ones: across connections, and within one. */
function* findStale({
  bare,
  first,
  dress,
  mode,
  observed,
}: Understood): Generator<Trial, Staleness, readonly Exchange[]> {
  if (dress !== '') {
    // Understood only with a NUL, although X was answered without: memory was read with the message.
    if (bare === first || bare.reply === '') return { single: false }
    return { single: false, stale: describe(bare, anomalyOf(bare, observed)) }
  }
  if (first.exit && bare === first) return { single: false }
  const quick = yield trial('stale', { numbers: STALE_NUMBERS, mode })
  const [second] = quick.slice(1)
  if (second && second.reply === '' && !second.exit && quick[0]!.right) {
    const [alone] = (yield trial('alone', { numbers: [STALE_NUMBERS[1]], mode })) as [Exchange]
    return { single: alone.right }
  }
  const at = quick.findIndex((exchange) => anomalyOf(exchange, observed) !== undefined)
  // What is wrong with the first message is not left over from another.
  if (at <= 0) return { single: false }
  const numbers = STALE_NUMBERS.slice(0, at + 1)
  // ERROR may be late, and belong to the client before.
  const slow = yield trial('stale, slowly', { numbers, mode, slackMs: SLACK_MS })
  const anomaly = anomalyOf(slow.at(-1)!, observed)
  if (!anomaly) return { single: false }
  const stale = describe(slow.at(-1)!, anomaly)
  // Whether a NUL ends a text shows itself at the latest when a much shorter message follows a longer one.
  const history = STALE_NUMBERS.slice(0, Math.max(numbers.length, STALE_NUMBERS.indexOf(SHORT_PROBE) + 1))
  const isClean = (all: readonly Exchange[]) => all.every((one) => one.right && anomalyOf(one, observed) === undefined)
  const ended = yield trial('stale, with NULs', { numbers: history, mode, dress: NUL, slackMs: SLACK_MS })
  if (isClean(ended)) return { single: false, dress: NUL, stale }
  const covered = yield trial('stale, covered', { numbers: history, mode, dress: COVER, slackMs: SLACK_MS })
  if (isClean(covered)) return { single: false, dress: COVER, stale }
  const helped = ended[at]?.right && anomalyOf(ended[at], observed) === undefined
  return helped ? { single: false, dress: NUL, stale } : { single: false }
}

type Anomaly = Pick<NonNullable<ServerFacts['stale']>, 'seen' | 'line'>

const describe = (exchange: Exchange, anomaly: Anomaly = { seen: 'judged' }) => ({ exchange, ...anomaly })

/** How bytes that were not sent show themselves in a handshake; undefined if they do not. */
function anomalyOf(exchange: Exchange, observed: boolean): Anomaly | undefined {
  const { x, reply, out, err } = exchange
  if (!exchange.right) {
    // An answer that is missing or cut short is another mistake.
    return reply === '' || text(x! + 1).startsWith(reply) ? undefined : { seen: 'reply' }
  }
  if (!observed) return undefined
  const output = (out + err).replaceAll('\0', '')
  for (const number of [x!, thirdNumber(exchange)!]) {
    const longer = new RegExp(`HELLO ${number}[0-9]+`).exec(output)?.[0]
    const dirty = foreignLine(output, text(number))
    if (dirty !== undefined) return { seen: 'line', line: dirty }
    if (longer !== undefined && !mentions(output, number)) return { seen: 'line', line: longer }
  }
  // A Z that was read only in part is taken for wrong because of that.
  if (linesOf(out).some((line) => isCut(line, text(thirdNumber(exchange)!)))) return undefined
  return hasError(out) || hasError(err) ? { seen: 'judged', line: linesOf(out).join('\n') } : undefined
}

/** A line ends within the number of a message. */
const isCut = (line: string, message: string): boolean =>
  message.startsWith(line) && line !== message && /\d$/.test(line)

/** With a NUL after everything, an answer as long as the question is long enough, and ends with a NUL not meant. */
function* findEcho(dress: string, mode: Mode): Generator<Trial, Pick<ServerFacts, 'echo'>, readonly Exchange[]> {
  if (dress !== NUL) return {}
  const padded = yield trial('padded', {
    numbers: [undefined, undefined],
    mode,
    dresses: PADDED.map((length) => '\0'.repeat(length)),
  })
  const echoes = padded.every((exchange, at) => exchange.right && exchange.reply.length === PADDED[at])
  return echoes && padded[0] ? { echo: padded[0] } : {}
}
