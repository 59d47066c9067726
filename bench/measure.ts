import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { CommandLine, ServerProcess } from './server-process.ts'

/** One turn of one contestant: what was measured, by name. */
export interface Sample {
  /** User and system CPU of all threads of the server, per handshake, in microseconds. */
  readonly cpuUs?: number
  /** Handshakes per second. */
  readonly rate?: number
  /** Wall-clock time per handshake, where there is one at a time, in microseconds. */
  readonly timeUs?: number
  /** From before connect until Z was sent, as the client sees it, in microseconds. */
  readonly p50Us?: number
  readonly p99Us?: number
  /**
   * How busy the server, the load and all other processes on the machine were, in cores. A load near 1 is what limits the
   * rate; others near 0 are what a measurement needs.
   */
  readonly serverBusy?: number
  readonly loadBusy?: number
  readonly othersBusy?: number
  /** Handshakes that were not established. */
  readonly errors?: number
  /** Memory per connection, in kilobytes of 1,000 bytes. */
  readonly idleKb?: number
}

/** What `load` prints, see load.c. */
interface LoadReport {
  readonly handshakes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly errors: Readonly<Record<string, number>>
  readonly p50: number
  readonly p99: number
}

/** What Linux counts process times in, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100

/** How long a server may take until it has nothing to do any more, and how often it is looked at meanwhile. */
const SETTLE_MS = 5_000
const LOOK_MS = 30

/** What is asked of a server's memory has its garbage collected first, which takes a while. */
const COLLECT_MS = 100

/** Handshakes before an idle server's memory is read for the first time, so that its code and its heap are there. */
const IDLE_WARM_UP = 5_000

/** Keeps the server and the load apart. */
export interface Pinning {
  readonly pinned: boolean
  on(core: 0 | 1, command: CommandLine): CommandLine
}

/** The server on the first core and the load on the second, where there are two, and taskset. */
export function pinning(): Pinning {
  const pinned = spawnSync('taskset', ['-c', '1', 'true']).status === 0
  return { pinned, on: (core, command) => (pinned ? ['taskset', '-c', String(core), ...command] : command) }
}

/** `count` handshakes by the load, `concurrency` at a time. */
export async function measureLoad(
  { pid, port }: ServerProcess,
  [load, ...words]: CommandLine,
  concurrency: number,
  count: number,
): Promise<Sample> {
  const before = await cpuSeconds(pid)
  const machineBefore = await machineCpuSeconds()
  const { stdout } = await promisify(execFile)(load, [...words, '127.0.0.1', `${port}`, `${concurrency}`, `${count}`])
  const machine = (await machineCpuSeconds()) - machineBefore
  // The load knows that it has sent the last Z; the server may still have to read it.
  const cpu = (await settled(() => cpuSeconds(pid), LOOK_MS)) - before
  const report = JSON.parse(stdout) as LoadReport
  const { handshakes, seconds } = report
  if (handshakes === 0) throw new Error(`not one handshake of ${count} was established: ${stdout}`)
  return {
    cpuUs: (cpu / handshakes) * 1e6,
    ...(concurrency === 1 ? { timeUs: (seconds / handshakes) * 1e6 } : { rate: handshakes / seconds }),
    p50Us: report.p50,
    p99Us: report.p99,
    serverBusy: cpu / seconds,
    loadBusy: report.cpuSeconds / seconds,
    othersBusy: Math.max(0, machine - cpu - report.cpuSeconds) / seconds,
    errors: Object.values(report.errors).reduce((sum, count) => sum + count),
  }
}

/** What each of many connections costs that are open and silent, the kernel's own memory not counted. */
export async function measureIdle(server: ServerProcess, load: CommandLine, connections: number): Promise<Sample> {
  await measureLoad(server, load, 64, IDLE_WARM_UP)
  const before = await memoryInUse(server.pid)
  const bytes = await whileHeld(server, load, connections, async () => (await memoryInUse(server.pid)) - before)
  return { idleKb: bytes / connections / 1000 }
}

/** Does something while this number of silent connections is open. */
export async function whileHeld<T>(
  { pid, port }: ServerProcess,
  [program, ...words]: CommandLine,
  connections: number,
  measure: () => Promise<T>,
): Promise<T> {
  // What was served before may still be closing.
  const descriptors = await settled(() => countDescriptors(pid), LOOK_MS)
  const holder = spawn(program, [...words, '127.0.0.1', `${port}`, `${connections}`, 'hold'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = once(holder, 'exit')
  try {
    const missing = async () => descriptors + connections - (await countDescriptors(pid))
    for (const until = performance.now() + SETTLE_MS * 4; (await missing()) > 0; await sleep(LOOK_MS)) {
      if (performance.now() > until) throw new Error(`${await missing()} of ${connections} connections did not open`)
    }
    return await measure()
  } finally {
    holder.stdin!.end()
    await ended
    // The next measurement begins with none of them.
    for (
      const until = performance.now() + SETTLE_MS;
      (await countDescriptors(pid)) > descriptors;
      await sleep(LOOK_MS)
    ) {
      if (performance.now() > until) break
    }
  }
}

/** User and system CPU of all threads, also of those that have ended (proc_pid_stat(5), fields 14 and 15). */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  // The second field is the program's name, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** What all processes of the machine have used, and what its host has taken away from it (proc_stat(5)). */
async function machineCpuSeconds(): Promise<number> {
  const [, user, nice, system, , , irq, softirq, steal] = (await readFile('/proc/stat', 'latin1')).split(/\s+/)
  return [user, nice, system, irq, softirq, steal].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND
}

/** Resident memory in bytes, once the garbage is collected, where there is any. */
export async function memoryInUse(pid: number): Promise<number> {
  const catches = /^SigCgt:\s*(\w+)/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))
  const collects = (BigInt(`0x${catches![1]}`) >> 11n) & 1n
  return settled(async () => {
    if (collects) process.kill(pid, 'SIGUSR2')
    const [, kilobytes] = /^VmRSS:\s*(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))!
    return Number(kilobytes) * 1024
  }, COLLECT_MS)
}

export async function countDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

/** Reads until two readings are equal, or for as long as is reasonable. */
async function settled(read: () => Promise<number>, pauseMs: number): Promise<number> {
  let last = await read()
  for (const until = performance.now() + SETTLE_MS; performance.now() < until; ) {
    await sleep(pauseMs)
    const now = await read()
    if (now === last) break
    last = now
  }
  return last
}
