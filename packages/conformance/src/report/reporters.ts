import { github } from './github.js'
import { gradescope, type Visibility } from './gradescope.js'
import { junit } from './junit.js'
import { pretty } from './pretty.js'
import type { Report } from './report.js'
import { tap } from './tap.js'

export interface RenderOptions {
  /** Default false. */
  readonly colour?: boolean
  /** How wide the terminal is, for `pretty`. Default: lines may be of any length. */
  readonly columns?: number
  /** Visibility of the results, for Gradescope. Default `'visible'`. */
  readonly visibility?: Visibility
}

export type ReporterName = 'pretty' | 'tap' | 'junit' | 'json' | 'github' | 'gradescope'

const REPORTERS: Readonly<Record<ReporterName, (report: Report, options: RenderOptions) => string>> = {
  pretty: (report, { colour = false, columns = Number.POSITIVE_INFINITY }) => pretty(report, { colour, columns }),
  tap: (report) => tap(report),
  junit: (report) => junit(report),
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  github: (report) => github(report),
  gradescope: (report, { visibility = 'visible' }) => gradescope(report, { visibility }),
}

/** Every form that a report can be given, by the word that chooses it. */
export const REPORTER_NAMES = Object.keys(REPORTERS) as readonly ReporterName[]

/** A report as text. */
export function render(report: Report, reporter: ReporterName, options: RenderOptions = {}): string {
  return REPORTERS[reporter](report, options)
}
