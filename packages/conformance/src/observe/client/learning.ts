/** The first runs teach what a client needs to understand an answer. Pure: it only decides. */
import { readText, text } from '../../message.js'
import type { Exchange, Exchanges } from '../exchange.js'
import { foreignLine } from '../output.js'
import { type ClientFacts, isFirst, isThird, UNKNOWN_CLIENT } from './facts.js'

/** One run of the program. */
interface Trial {
  readonly purpose: string
  /** X; `any`: of three digits, `small`: of one. */
  readonly x: number | 'any' | 'small'
  /** What follows the answer. */
  readonly dress: string
}

type Plan<T> = Generator<Trial, T, Exchange>

const NUL = '\0'
const WHOLE_BUFFER = '\0'.repeat(1024)
/** A program that answers or leaves so soon has not waited for more. */
const AT_ONCE_MS = 500
const TAKES_ITS_TIME_MS = 1000

const isClean = ({ x, out }: Exchange) => foreignLine(out, text(x! + 1)) === undefined

export function* learning(): Plan<ClientFacts> {
  let understood = yield* findDress('any', [NUL, '\n', WHOLE_BUFFER])
  let small = false
  if (isFirst(understood.bare) && !isThird(understood.first)) {
    const other = yield* findDress('small', [NUL])
    small = isThird(other.first)
    if (small) understood = other
  }
  const { bare, first, dress } = understood
  const stale = yield* findStale(bare, first, dress)
  return {
    speaks: isFirst(bare),
    understands: isThird(first),
    bare,
    first,
    dress,
    small,
    takesItsTime: (first.afterMs ?? 0) > TAKES_ITS_TIME_MS,
    staysOpen: isThird(first) && first.ended === undefined,
    runsOn: first.ended !== undefined && !first.exitFirst,
    ...stale,
  }
}

/** Tries what programs may want after a message, and what this one sends after its own. */
function* findDress(
  x: Trial['x'],
  dresses: readonly string[],
): Plan<{ bare: Exchange; first: Exchange; dress: string }> {
  let bare = yield { purpose: `bare ${x}`, x, dress: '' }
  // One failure may be an accident of timing.
  if (!isFirst(bare) || (!isThird(bare) && bare.after === '' && bare.ended)) {
    const again = yield { purpose: `again ${x}`, x, dress: '' }
    if (isFirst(again) && isThird(again)) bare = again
  }
  if (!isFirst(bare) || (isThird(bare) && isClean(bare))) return { bare, first: bare, dress: '' }
  const [, own] = /\d([\0\r\n]{2,4})$/.exec(bare.reply) ?? []
  for (const dress of [...dresses, ...(own ? [own] : [])]) {
    const first = yield { purpose: `dress ${JSON.stringify(dress.slice(0, 4))} ${x}`, x, dress }
    if (!isThird(first) || (isThird(bare) && !isClean(first))) continue
    // A program that does not wait may have been in luck.
    const sure = yield { purpose: `sure ${JSON.stringify(dress.slice(0, 4))} ${x}`, x, dress }
    if (isThird(sure)) return { bare, first, dress }
  }
  return { bare, first: bare, dress: '' }
}

/** Bytes that were not sent: of memory after an answer, or of a longer message before it. */
function* findStale(
  bare: Exchange,
  first: Exchange,
  dress: string,
): Plan<Pick<ClientFacts, 'stale'> & { dress?: string }> {
  const judged = bare.after !== '' || (bare.ended !== undefined && bare.ended.afterMs < AT_ONCE_MS)
  // A program that wants a newline asks for one; one that wants a NUL and does not wait for it reads memory.
  if (dress !== '') {
    if (dress.includes('\n') || !judged) return {}
    return { stale: { exchange: bare, seen: isThird(bare) ? 'line' : bare.after === '' ? 'taken' : 'third' } }
  }
  if (!isThird(first)) return {}
  for (const x of [-100, -10]) {
    const run = yield { purpose: `stale ${x}`, x, dress: '' }
    const line = longerLine(run)
    const z = readText(run.after).sequence
    const longerZ = z !== undefined && !isThird(run) && String(z).length > String(x + 2).length
    if (line === undefined && !longerZ) continue
    // If a NUL does not help, it was something else.
    const ended = yield { purpose: `stale, with a NUL ${x}`, x, dress: NUL }
    if (!isThird(ended) || longerLine(ended) !== undefined) continue
    return {
      dress: NUL,
      stale: { exchange: run, ...(line === undefined ? { seen: 'third' } : { seen: 'line', line }) },
    }
  }
  return {}
}

const longerLine = ({ x, out, err }: Exchange) => new RegExp(`HELLO ${x! + 1}[0-9]`).exec(out + err)?.[0]

/** Computes the facts from observations: the plan is played again with what its trials gave. */
export function clientFacts(all: Exchanges): ClientFacts {
  const exchanges = all.get('learning')
  const plan = learning()
  let step = plan.next()
  while (!step.done) {
    const { purpose } = step.value
    const seen = exchanges.find((exchange) => exchange.purpose === purpose)
    if (!seen) return UNKNOWN_CLIENT
    step = plan.next(seen)
  }
  return step.value
}
