import { type Contestant, WORKLOADS, type Workload } from './contestants.ts'
import type { Sample } from './measure.ts'

type Measure = keyof Sample

/** One contestant and what each round gave; absent servers have a reason and no samples. */
export interface Row {
  readonly contestant: Contestant
  readonly samples: Sample[]
  absent?: string
}

/** The middle of the rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** What the project has promised itself: a measure, or its ratio to that of `versus` in the same round. */
interface Goal {
  readonly workload: Workload
  readonly name: string
  readonly measure: Measure
  readonly versus?: string
  readonly atMost?: number
  readonly atLeast?: number
}

const GOALS: readonly Goal[] = [
  { workload: 'many', name: 'events, linux', measure: 'cpuUs', versus: 'C epoll', atMost: 1.1 },
  { workload: 'many', name: 'events, linux', measure: 'rate', versus: 'C epoll', atLeast: 0.95 },
  { workload: 'many', name: 'events, linux', measure: 'p99Us', versus: 'C epoll', atMost: 1.0 },
  { workload: 'many', name: 'threads, linux', measure: 'cpuUs', versus: 'C pthread', atMost: 0.65 },
  { workload: 'many', name: 'events, node', measure: 'cpuUs', versus: 'node:net by hand', atMost: 1.0 },
  { workload: 'printed', name: 'events, linux', measure: 'cpuUs', versus: 'C epoll', atMost: 1.15 },
  { workload: 'single', name: 'sequential, linux', measure: 'timeUs', versus: 'C single', atMost: 1.15 },
  { workload: 'idle', name: 'events, linux', measure: 'idleKb', atMost: 1.0 },
  { workload: 'idle', name: 'events, node', measure: 'idleKb', atMost: 2.0 },
]

/** How a measure is headed, and whether its ratio to the baseline says something. */
const MEASURES: Readonly<Record<Measure, { readonly title: string; readonly compared: boolean }>> = {
  cpuUs: { title: 'CPU µs', compared: true },
  rate: { title: 'per second', compared: true },
  timeUs: { title: 'time µs', compared: true },
  p50Us: { title: 'p50 µs', compared: true },
  p99Us: { title: 'p99 µs', compared: true },
  idleKb: { title: 'kB each', compared: true },
  serverBusy: { title: 'server', compared: false },
  loadBusy: { title: 'load', compared: false },
  othersBusy: { title: 'others', compared: false },
  errors: { title: 'errors', compared: false },
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** Round by round, what one has of a measure for each that the other has: a slow minute of the machine is in both. */
export function ratios(row: Row, versus: Row, measure: Measure): number[] {
  return row.samples.map((sample, round) => sample[measure]! / versus.samples[round]![measure]!)
}

/** One table per workload: medians, in brackets how far the rounds lie apart, and the median ratio to the baseline. */
export function describeRows(rows: readonly Row[]): string {
  return Object.entries(WORKLOADS)
    .flatMap(([workload, { title, baseline }]) => {
      const here = rows.filter(({ contestant, absent }) => contestant.workload === workload && absent === undefined)
      const base = here.find(({ contestant }) => contestant.name === baseline)
      if (!base) return []
      const measures = Object.keys(base.samples[0]!) as Measure[]
      const header = measures.flatMap((measure) => [
        MEASURES[measure].title,
        ...(MEASURES[measure].compared ? ['x'] : []),
      ])
      const lines = here.map((row) => [
        row.contestant.name,
        ...measures.flatMap((measure) => describeMeasure(row, base, measure)),
      ])
      return [`${title} (x: times that of ${baseline})\n${table([['', ...header], ...lines])}`]
    })
    .join('\n\n')
}

function describeMeasure(row: Row, base: Row, measure: Measure): string[] {
  const values = spread(row.samples.map((sample) => sample[measure]!))
  if (MEASURES[measure].compared) return [showSpread(values), show(spread(ratios(row, base, measure)).median)]
  return [measure === 'errors' ? show(values.max) : `${Math.round(values.median * 100)}%`]
}

export interface Verdict extends Goal {
  /** Undefined where the server is absent. */
  readonly reached: Spread | undefined
  readonly met: boolean | undefined
}

/** The goals of those that took part. */
export function judge(rows: readonly Row[]): Verdict[] {
  return GOALS.flatMap((goal): Verdict[] => {
    const { workload, name, measure, versus, atMost = Number.POSITIVE_INFINITY, atLeast = 0 } = goal
    const row = find(rows, workload, name)
    if (!row) return []
    if (row.absent !== undefined) return [{ ...goal, reached: undefined, met: undefined }]
    const values = versus
      ? ratios(row, find(rows, workload, versus)!, measure)
      : row.samples.map((sample) => sample[measure]!)
    const reached = spread(values)
    return [{ ...goal, reached, met: reached.median >= atLeast && reached.median <= atMost }]
  })
}

export function describeVerdicts(verdicts: readonly Verdict[]): string {
  return table(linesOfVerdicts(verdicts))
}

/** A heading, then a line per goal. */
export function linesOfVerdicts(verdicts: readonly Verdict[]): string[][] {
  return [
    ['what', 'goal', 'reached', ''],
    ...verdicts.map(({ workload, name, measure, versus, atMost, atLeast, reached, met }) => [
      `${name}: ${MEASURES[measure].title}, ${WORKLOADS[workload].title}`,
      `${atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`}${versus ? ` x ${versus}` : ''}`,
      reached ? showSpread(reached) : '-',
      met === undefined ? 'absent' : met ? 'met' : 'NOT MET',
    ]),
  ]
}

function find(rows: readonly Row[], workload: Workload, name: string): Row | undefined {
  return rows.find(({ contestant }) => contestant.workload === workload && contestant.name === name)
}

/** A sample in a few words, as progress. */
export function brief(sample: Sample): string {
  return Object.entries(sample)
    .map(([measure, value]) => `${MEASURES[measure as Measure].title} ${show(value)}`)
    .join(', ')
}

/** Columns as wide as they must be: the first to the left, the others, which are numbers, to the right. */
export function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const pad = (cell: string, at: number) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))
  return lines.map((cells) => `  ${cells.map(pad).join('  ')}`.trimEnd()).join('\n')
}

export function showSpread({ median, min, max }: Spread): string {
  return `${show(median)} (${show(min)}..${show(max)})`
}

/** Three digits that count. */
export function show(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
