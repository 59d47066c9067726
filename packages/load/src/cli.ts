import { readFileSync } from 'node:fs'
import { answer, isOutputLost, parse, sayOutputLost, tell, writeAll } from '@hs/command-line'
import { type HelloError, isPeerError } from '@hs/protocol'
import { command, type Options, PROGRAM } from './command.js'
import { compareWithBaseline, incomparable } from './measure/baseline.js'
import type { LoadReport } from './measure/report.js'
import { conclude, STATUS, violationsOf } from './outcome.js'
import { parseReport } from './report/json.js'
import { Progress } from './report/progress.js'
import { lineWidth } from './report/terminal.js'
import { load } from './run/load.js'
import { DEFAULT_CONCURRENCY, DEFAULT_DURATION_MS, type LoadOptions } from './run/options.js'

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'compare') return (await import('./compare/cli.js')).compareMain(argv.slice(1))
  if (argv[0] === 'merge') return (await import('./merge-cli.js')).mergeMain(argv.slice(1))
  const parsed = await parse(command, argv)
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const options = parsed.values
  const wrong = contradiction(options)
  if (wrong) {
    tell(`${PROGRAM}: ${wrong}\nTry ${PROGRAM} --help.\n`)
    return STATUS.usage
  }
  const stopping = new AbortController()
  let interruption: number = STATUS.interrupted
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM') interruption = STATUS.terminated
    // The second time, the report is not wanted either.
    if (stopping.signal.aborted) process.exit(interruption)
    stopping.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    const status = await run(options, stopping.signal)
    return stopping.signal.aborted ? interruption : status
  } catch (error) {
    if (isOutputLost(error)) return sayOutputLost(PROGRAM, error)
    if (error instanceof RangeError) {
      tell(`${PROGRAM}: ${error.message}\n`)
      return STATUS.usage
    }
    const { failure, message } = error as HelloError
    tell(`${PROGRAM}: ${failure ? explain(error as HelloError) : message}\n`)
    return failure ? STATUS.noServer : STATUS.failed
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function contradiction({ rate, concurrency, stages, duration }: Options): string | undefined {
  const loops = Object.entries({ concurrency, rate, stages }).filter(([, value]) => value !== undefined)
  if (loops.length > 1) return `${loops.map(([name]) => `--${name}`).join(' and ')} exclude each other`
  if (stages && duration !== undefined) return '--stages and --duration exclude each other: stages have durations'
  return undefined
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const { ndjson, quiet, tolerance, baseline: file } = options
  const earlier = file === undefined ? undefined : readBaseline(file, options)
  const progress = new Progress(tell, lineWidth, { durationMs: goalMs(options), count: options.count })
  if (!quiet && options.warmup > 0) progress.warmUp(options.warmup)
  const result = await load({
    ...settingsOf(options),
    signal,
    onInterval(interval, counts) {
      if (ndjson) writeAll(1, `${JSON.stringify({ type: 'interval', ...interval })}\n`)
      if (!quiet) progress.interval(interval, counts)
    },
  })
  progress.end()
  return conclude(
    result,
    {
      violations: violationsOf(options.failIf, result),
      baseline: earlier && compareWithBaseline(result.report, earlier, tolerance),
    },
    options,
  )
}

/** How long the load is meant to last; undefined: until something else ends it. */
function goalMs({ duration, count, stages, warmup }: Options): number | undefined {
  if (stages) return stages.reduce((sum, { durationMs }) => sum + durationMs, 0) - warmup
  return duration ?? (count === undefined ? DEFAULT_DURATION_MS : undefined)
}

function settingsOf(options: Options): LoadOptions {
  return {
    targets: options.targets,
    ...(options.rate !== undefined && { rate: options.rate }),
    ...(options.stages && { stages: options.stages }),
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    ...(options.duration !== undefined && { durationMs: options.duration }),
    ...(options.count !== undefined && { count: options.count }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.mix && { mix: options.mix }),
    ...(options.sources && { sources: options.sources }),
    warmupMs: options.warmup,
    timeoutMs: options.timeout,
    slowMs: options.slowPause,
    silentMs: options.silentTime,
    transport: options.transport,
    arithmetic: options.arithmetic,
    terminator: options.terminator,
    strict: options.strict,
    quietMs: options.quietTime,
    prefixMs: options.prefixTime,
  }
}

/** @throws {RangeError} For what is not a report, or one of another kind of load: before anything is measured. */
function readBaseline(file: string, { rate, stages, concurrency }: Options): LoadReport {
  try {
    const { report } = parseReport(readFileSync(file, 'utf8'))
    const closed = rate === undefined && stages === undefined
    const reason = incomparable(
      {
        ...(rate !== undefined && { rate }),
        ...(stages && { stages }),
        ...(closed && { concurrency: concurrency ?? DEFAULT_CONCURRENCY }),
      },
      report,
    )
    if (reason) throw new Error(`does not fit: ${reason}`)
    return report
  } catch (error) {
    throw new RangeError(`--baseline ${file} ${(error as Error).message}`)
  }
}

/** Why there was nothing to measure. */
function explain(error: HelloError): string {
  const why = isPeerError(error)
    ? ' What listens there is not a HELLO server, or has a mistake: look with "npx @hs/client" at what it says.'
    : ''
  return `${error.message}${why} (${error.code}) Nothing was measured.`
}
