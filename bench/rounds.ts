import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contestant, WORKLOADS } from './contestants.ts'
import { measureIdle, measureLoad, type Pinning, type Sample } from './measure.ts'
import { brief, type Row, spread } from './report.ts'
import { type ServerProcess, startServer } from './server-process.ts'

export interface Settings {
  readonly rounds: number
  /** Handshakes of one contestant in a round. */
  readonly count: number
}

/**
 * In each round every server has this number of turns, a fraction of a second each. How fast a shared machine is changes
 * from second to second, by half as much again; whose turns are as close as that to the others' has the same machine.
 */
export const TURNS = 15

/** Before the first round each server does this fraction of a round, so that its code is compiled. */
const WARM_UP = 0.5

/** One client in a row takes longer for a handshake than 64 at once: this fraction of a round is enough. */
const SHARE_OF_SINGLE = 0.25

interface Runner {
  readonly server: ServerProcess
  /** The file that stdout goes to. */
  readonly output: string
  handshakes: number
}

/**
 * Starts all servers, and gives them turns, in rounds. An optional one that cannot start is reported as absent, with
 * the reason.
 *
 * @param peers - The compiled C programs.
 * @throws If anything else cannot start, or a server that prints has not printed every line.
 */
export async function runRounds(
  contestants: readonly Contestant[],
  peers: Readonly<Record<string, string>>,
  { on }: Pinning,
  { rounds, count }: Settings,
  note: (text: string) => void,
): Promise<Row[]> {
  const load = on(1, [peers.load!])
  const directory = mkdtempSync(join(tmpdir(), 'hs-bench-'))
  await using running = new AsyncDisposableStack()
  running.defer(() => rmSync(directory, { recursive: true }))
  const onSignal = () => void running.disposeAsync().finally(() => process.exit(130))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)

  const start = async ({ workload, name, command }: Contestant): Promise<Runner> => {
    const output = join(directory, `${workload}, ${name}`)
    const file = openSync(output, 'w')
    try {
      return { server: running.use(await startServer(on(0, command), file)), output, handshakes: 0 }
    } finally {
      closeSync(file)
    }
  }

  /** @param share - How much of a round. */
  const turn = async (contestant: Contestant, runner: Runner, share: number): Promise<Sample> => {
    const { concurrency } = WORKLOADS[contestant.workload]
    const handshakes = Math.ceil(count * share * (concurrency === 1 ? SHARE_OF_SINGLE : 1))
    const sample = await measureLoad(runner.server, load, concurrency, handshakes)
    runner.handshakes += handshakes - sample.errors!
    return sample
  }

  /** Memory that was once used is not always given back, so each measurement has a server of its own. */
  const idleTurn = async (contestant: Contestant): Promise<Sample> => {
    const { server } = await start(contestant)
    const sample = await measureIdle(server, load, WORKLOADS.idle.concurrency)
    await server.stop()
    return sample
  }

  const rows = contestants.map((contestant): Row => ({ contestant, samples: [] }))
  const runners = new Map<Row, Runner>()
  for (const row of rows) {
    try {
      const runner = await start(row.contestant)
      if (row.contestant.workload === 'idle') await runner.server.stop()
      else await turn(row.contestant, runner, WARM_UP)
      runners.set(row, runner)
    } catch (error) {
      const { ours, optional = ours } = row.contestant
      if (!optional) throw error
      row.absent = reasonOf(error as Error)
      note(`${describe(row)}: absent, ${row.absent}`)
    }
  }
  const order = [...runners]
  for (let round = 1; round <= rounds; round++) {
    const turns = new Map(order.map(([row]) => [row, [] as Sample[]]))
    for (let number = 0; number < TURNS; number++) {
      for (const [row, runner] of order) {
        if (row.contestant.workload !== 'idle') turns.get(row)!.push(await turn(row.contestant, runner, 1 / TURNS))
        else if (number === 0) turns.get(row)!.push(await idleTurn(row.contestant))
      }
      // Forth and back: what a turn leaves for the next one (ports in TIME_WAIT, a warm core) is dealt out evenly.
      order.reverse()
    }
    for (const row of rows) {
      const samples = turns.get(row)
      if (!samples) continue
      const sample = joinTurns(samples)
      row.samples.push(sample)
      note(`round ${round} of ${rounds}; ${describe(row)}: ${brief(sample)}`)
    }
  }
  for (const [row, runner] of order) if (row.contestant.workload === 'printed') checkLines(row, runner)
  return rows
}

/** The turns of a round as one: they are equally long, so that the mean of a time is the time of all. */
function joinTurns(turns: readonly Sample[]): Sample {
  const join = (measure: keyof Sample, values: readonly number[]): number => {
    const total = values.reduce((sum, value) => sum + value)
    switch (measure) {
      case 'errors':
        return total
      case 'rate':
        return values.length / values.reduce((sum, value) => sum + 1 / value, 0)
      // The sum would hide it.
      case 'p50Us':
      case 'p99Us':
        return spread(values).median
      default:
        return total / values.length
    }
  }
  const measures = Object.keys(turns[0]!) as (keyof Sample)[]
  return Object.fromEntries(
    measures.map((measure) => [
      measure,
      join(
        measure,
        turns.map((turn) => turn[measure]!),
      ),
    ]),
  )
}

function describe({ contestant: { workload, name } }: Row): string {
  return `${WORKLOADS[workload].title}; ${name}`
}

/** The line of a Node program's last words that says something. */
function reasonOf({ message }: Error): string {
  return /^\w*Error\b.*/m.exec(message)?.[0] ?? message.trim().split('\n').at(-1)!
}

/** A server that prints less has less to do. */
function checkLines(row: Row, { output, handshakes }: Runner): void {
  const lines = readFileSync(output, 'latin1').split('\n').length - 1
  if (lines !== 2 * handshakes) {
    throw new Error(`${describe(row)}: ${lines} lines printed for ${handshakes} handshakes`)
  }
}
