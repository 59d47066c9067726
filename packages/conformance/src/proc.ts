/** What Linux tells about processes: everything that is read here is absent elsewhere, and then said to be unknown. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'

export const hasProc: boolean = (() => {
  try {
    readFileSync('/proc/self/stat')
    closeSync(openSync('/proc/net/tcp', 'r'))
    return true
  } catch {
    return false
  }
})()

export interface Process {
  readonly pid: number
  readonly parent: number
  readonly session: number
  readonly state: string
  readonly rssBytes: number
  readonly addressSpaceBytes: number
  readonly tasks: number
  /** Processor time of its tasks, in steps of 10 ms. */
  readonly cpuMs: number
}

/** A hundred ticks per second is what the system counts in towards programs, whatever it counts in itself. */
const TICK_MS = 10

/** Pages as nearly all Linux systems have them. */
const PAGE_BYTES = 4096

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Every process of the system. */
export function processIds(): Set<string> {
  return new Set(list('/proc').filter((name) => /^\d+$/.test(name)))
}

/** What tells the processes that belong to a program from those of the system that do not. */
export interface Origin {
  /** Stands in the environment of each. */
  readonly mark: string
  /** Those that were there before: to look at them, hundreds perhaps, is what costs. */
  readonly others: ReadonlySet<string>
}

function processes(others: Origin['others']): Process[] {
  const found: Process[] = []
  for (const name of processIds()) {
    if (others.has(name)) continue
    const stat = read(`/proc/${name}/stat`)
    // The name in brackets may hold anything, also brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields.length < 22) continue
    found.push({
      pid: Number(name),
      state: fields[0]!,
      parent: Number(fields[1]),
      session: Number(fields[3]),
      rssBytes: Number(fields[21]) * PAGE_BYTES,
      addressSpaceBytes: Number(fields[20]),
      tasks: Number(fields[17]),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    })
  }
  return found
}

/**
 * The process `root` and everything that it started: its descendants, its session, and what has left both but still
 * carries the mark in its environment.
 */
export function family(root: number, { mark, others }: Origin): Process[] {
  const all = processes(others)
  const members = new Map<number, Process>()
  for (const process of all) if (process.pid === root || process.session === root) members.set(process.pid, process)
  for (let grown = true; grown; ) {
    grown = false
    for (const process of all) {
      if (members.has(process.pid) || !members.has(process.parent)) continue
      members.set(process.pid, process)
      grown = true
    }
  }
  for (const process of all) {
    if (!members.has(process.pid) && read(`/proc/${process.pid}/environ`).includes(mark)) {
      members.set(process.pid, process)
    }
  }
  return [...members.values()]
}

export interface TcpEntry {
  readonly localAddress: string
  readonly localPort: number
  readonly remotePort: number
  readonly listening: boolean
  readonly inode: string
}

const LISTEN = '0A'
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

function parseTcp(line: string): TcpEntry | undefined {
  const fields = line.trim().split(/\s+/)
  if (fields.length < 10 || fields[0] === 'sl') return undefined
  const [address, port] = fields[1]!.split(':')
  return {
    localAddress: address!,
    localPort: Number.parseInt(port!, 16),
    remotePort: Number.parseInt(fields[2]!.split(':')[1]!, 16),
    listening: fields[3] === LISTEN,
    inode: fields[9]!,
  }
}

/** The connections of a port. Slow where there are many: 100,000 that are only remembered take a third of a second. */
export function connections(port: number): TcpEntry[] {
  const mark = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  return TABLES.flatMap((file) => read(file).split('\n'))
    .filter((line) => line.includes(mark))
    .flatMap((line) => parseTcp(line) ?? [])
    .filter(({ localPort, listening }) => localPort === port && !listening)
}

/** Every socket that listens. */
export function listeners(): TcpEntry[] {
  return TABLES.flatMap((file) => [...listed(file)])
}

/** Who listens on a port. */
export function listenerOn(port: number): TcpEntry | undefined {
  for (const file of TABLES) for (const entry of listed(file)) if (entry.localPort === port) return entry
  return undefined
}

/** A few lines: what is not asked for, the system does not look for. */
const TABLE_CHUNK_BYTES = 600

/** The system lists first who listens, so that the rest need not be read. */
function* listed(file: string): Generator<TcpEntry> {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return
  }
  try {
    const chunk = Buffer.alloc(TABLE_CHUNK_BYTES)
    let rest = ''
    for (;;) {
      const length = readSync(descriptor, chunk)
      if (length === 0) return
      const lines = (rest + chunk.toString('latin1', 0, length)).split('\n')
      rest = lines.pop()!
      for (const entry of lines.flatMap((line) => parseTcp(line) ?? [])) {
        if (!entry.listening) return
        yield entry
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Descriptors of a process: their numbers, and what they are (`socket:[123]`, `anon_inode:[eventpoll]`). */
export function descriptors(pid: number): Map<number, string> {
  const found = new Map<number, string>()
  for (const name of list(`/proc/${pid}/fd`)) {
    try {
      found.set(Number(name), readlinkSync(`/proc/${pid}/fd/${name}`))
    } catch {
      // It was closed in between.
    }
  }
  return found
}

/** The address to connect to for a listening socket's local address. */
export function reachable(localAddress: string): string {
  if (localAddress.length === 8) {
    const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(localAddress.slice(at, at + 2), 16))
    return bytes.every((byte) => byte === 0) ? '127.0.0.1' : bytes.join('.')
  }
  if (localAddress === `${'0'.repeat(24)}01000000`) return '::1'
  return '127.0.0.1'
}

/** System calls in which a task waits for bytes of one connection, by architecture. */
const RECEIVING: Partial<Record<NodeJS.Architecture, readonly number[]>> = {
  x64: [0, 19, 45, 47],
  arm64: [63, 65, 207, 212],
}

/** How each task of a process stands: `R`, `S`, `D` ... */
function statesOf(pid: number): string[] {
  return list(`/proc/${pid}/task`).map((task) => {
    const stat = read(`/proc/${pid}/task/${task}/stat`)
    return stat.charAt(stat.lastIndexOf(')') + 2)
  })
}

/** Whether a task of this process runs, or waits only for its turn. */
export function isRunning(pid: number): boolean {
  return statesOf(pid).includes('R')
}

/** Whether all tasks of this process wait for something to happen. */
export function isAsleep(pid: number): boolean {
  return statesOf(pid).every((state) => state === 'S')
}

export interface Tasks {
  readonly count: number
  /** Tasks that wait in a read of a socket; undefined where the system does not tell. */
  readonly receiving: number
}

/** The tasks of a process, and how many of them wait for the bytes of one of these sockets. */
export function tasksOf(pid: number, inodes: ReadonlySet<string>): Tasks {
  const open = descriptors(pid)
  const calls = RECEIVING[process.arch] ?? []
  let receiving = 0
  const tasks = list(`/proc/${pid}/task`)
  for (const task of tasks) {
    const [call, fd] = read(`/proc/${pid}/task/${task}/syscall`).split(' ')
    if (fd === undefined || !calls.includes(Number(call))) continue
    const target = open.get(Number(fd)) ?? ''
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) receiving++
  }
  return { count: tasks.length, receiving }
}

/** How many different epoll instances of a process watch these sockets. */
export function loopsOf(pid: number, inodes: ReadonlySet<string>): number {
  const open = descriptors(pid)
  const watched = new Set<number>()
  for (const [fd, target] of open) {
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) watched.add(fd)
  }
  let loops = 0
  for (const [fd, target] of open) {
    if (target !== 'anon_inode:[eventpoll]') continue
    const watches = [...read(`/proc/${pid}/fdinfo/${fd}`).matchAll(/^tfd:\s+(\d+)/gm)].map((match) => Number(match[1]))
    if (watches.some((target) => watched.has(target))) loops++
  }
  return loops
}
