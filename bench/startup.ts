import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { show, showSpread, spread, table } from './report.ts'
import { type CommandLine, startServer } from './server-process.ts'

/** What CPU a one-liner may take, start to end, compared with the smallest client written by hand. */
const GOAL = 1.15

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Start-up from beginning to end, one program after the other, in turns: most of a one-liner is start-up. */
export async function measureStartup(
  peers: Readonly<Record<string, string>>,
  runs: number,
  note: (text: string) => void,
) {
  await using server = await startServer([peers['server-epoll']!, '0'], 'ignore')
  const words = ['127.0.0.1', String(server.port), '5']
  const programs: Record<string, CommandLine> = {
    'by hand': [local('peers/client-node.cjs'), ...words],
    tcpclient: [local('../apps/cli-client/dist/start.cjs'), ...words],
    'node -e 0': ['-e', '0'],
  }
  // Reading certificates, where a machine asks for it, would be a part of every start.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const samples = Object.keys(programs).map((name) => ({ name, wallMs: [] as number[], cpuMs: [] as number[] }))
  for (let run = -1; run < runs; run++) {
    for (const { name, wallMs, cpuMs } of samples) {
      const { stdout } = await promisify(execFile)(peers.time!, [process.execPath, ...programs[name]!], { env })
      const once = JSON.parse(stdout) as { status: number; wallMs: number; cpuMs: number }
      if (once.status !== 0) throw new Error(`${name} ended with status ${once.status}`)
      // The first one brings the files into memory.
      if (run < 0) continue
      wallMs.push(once.wallMs)
      cpuMs.push(once.cpuMs)
    }
    if (run % 10 === 9) note(`${run + 1} of ${runs}`)
  }
  const [base] = samples
  return samples.map(({ name, wallMs, cpuMs }) => ({
    name,
    wallMs: spread(wallMs),
    wallRatio: spread(wallMs.map((value, run) => value / base!.wallMs[run]!)),
    cpuMs: spread(cpuMs),
    cpuRatio: spread(cpuMs.map((value, run) => value / base!.cpuMs[run]!)),
  }))
}

type Startup = Awaited<ReturnType<typeof measureStartup>>

export function linesOfStartup(results: Startup): string[][] {
  return [
    ['start to end', 'CPU ms', 'x', 'wall ms', 'x'],
    ...results.map(({ name, wallMs, wallRatio, cpuMs, cpuRatio }) => [
      name,
      showSpread(cpuMs),
      show(cpuRatio.median),
      showSpread(wallMs),
      show(wallRatio.median),
    ]),
  ]
}

export function describeStartup(results: Startup): string {
  const { cpuRatio } = results.find(({ name }) => name === 'tcpclient')!
  const verdict = cpuRatio.median <= GOAL ? 'met' : 'NOT MET'
  return `${table(linesOfStartup(results))}\n\n  tcpclient, start to end: at most ${GOAL} x the CPU by hand, reached ${show(cpuRatio.median)}: ${verdict}`
}
