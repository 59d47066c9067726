import { errorsOf, type LoadReport } from './report.js'

/** One condition under which a load counts as failed: `p99>20ms`. */
export interface Threshold {
  /** As it was written. */
  readonly text: string
  /** What the report has instead, for people; undefined: the condition does not hold. */
  violation(report: LoadReport): string | undefined
}

const TIMES = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'] as const
const PARTS = ['connect', 'reply', 'total'] as const
const UNITS = { us: 0.001, ms: 1, s: 1000 } as const

const EXPLANATION =
  "must be conditions such as 'p99>20ms', 'connect.max>=1s', 'rate<1000', 'errors>0' or 'errors>1%', with commas between"

/** @throws {Error} For a text that is not a condition; the message shows what a condition looks like. */
export function parseThresholds(text: string): Threshold[] {
  return text.split(/[,\n]/).map((condition) => parseThreshold(condition.trim()))
}

function parseThreshold(text: string): Threshold {
  const [, part = 'total', name = '', sign = '', amount = '', unit = ''] =
    /^(?:(\w+)\.)?(\w+)\s*(<=?|>=?)\s*(\d+(?:\.\d+)?)\s*(us|ms|s|%)?$/.exec(text) ?? []
  const limit = Number(amount)
  const value = measure(part, name, unit)
  if (!value) throw new Error(`${EXPLANATION}, got "${text}"`)
  const holds = (found: number) =>
    (sign[0] === '<' ? found < limit : found > limit) || (sign[1] === '=' && found === limit)
  return {
    text,
    violation(report) {
      const found = value(report)
      // A gate that knows nothing does not open.
      if (found === undefined) return 'not known, since no handshake counts for it'
      return holds(found) ? `${Number(found.toFixed(3))}${unit}` : undefined
    },
  }
}

/** What a condition compares, in its own unit; undefined in a report that has nothing of it. */
function measure(part: string, name: string, unit: string): ((report: LoadReport) => number | undefined) | undefined {
  const perUnit = UNITS[unit as keyof typeof UNITS]
  if (TIMES.includes(name as (typeof TIMES)[number]) && PARTS.includes(part as (typeof PARTS)[number]) && perUnit) {
    return ({ latency }) => {
      const times = latency[part as (typeof PARTS)[number]]
      return times.count === 0 ? undefined : times[name as (typeof TIMES)[number]] / perUnit
    }
  }
  if (part !== 'total') return undefined
  if (name === 'rate' && unit === '') return ({ perSecond }) => perSecond
  if (name === 'errors' && unit === '') return errorsOf
  if (name === 'errors' && unit === '%') {
    return (report) => (report.started === 0 ? 0 : (100 * errorsOf(report)) / report.started)
  }
  return undefined
}
