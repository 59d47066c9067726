/** What Linux says about processes. Other systems have none of it; the functions then report nothing. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

export const hasProc: boolean = (() => {
  try {
    readFileSync('/proc/self/stat')
    closeSync(openSync('/proc/net/tcp', 'r'))
    return true
  } catch {
    return false
  }
})()

export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly group: number
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

/** A file of /proc, or an empty text if it is gone. */
export function read(path: string): string {
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

/** The ids of all processes of the system. */
export function processIds(): Set<string> {
  return new Set(list('/proc').filter((name) => /^\d+$/.test(name)))
}

/** Distinguishes the processes of a program from all others. */
export interface Origin {
  /** Stands in the environment of each. */
  readonly mark: string
  /** Processes that were running before, or were found to be foreign: skipping them keeps a look cheap. */
  readonly others: Set<string>
}

/** All processes, except those that need no look. */
export function processes(others: ReadonlySet<string> = new Set()): ProcessInfo[] {
  const found: ProcessInfo[] = []
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
      group: Number(fields[2]),
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
export function family(root: number, { mark, others }: Origin): ProcessInfo[] {
  const all = processes(others)
  const members = new Map<number, ProcessInfo>()
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
    if (members.has(process.pid)) continue
    const environment = read(`/proc/${process.pid}/environ`)
    if (environment.includes(mark)) members.set(process.pid, process)
    // It was forked without the mark, so it never gets it. An empty text may be that of a process that is just starting.
    else if (environment !== '') others.add(String(process.pid))
  }
  return [...members.values()]
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

/** How often the tasks of a process have gone to sleep so far. */
export function sleepsOf(pid: number): number {
  const texts = list(`/proc/${pid}/task`).map((task) => read(`/proc/${pid}/task/${task}/status`))
  return texts.reduce((sum, text) => sum + Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(text)?.[1] ?? 0), 0)
}

interface Tasks {
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
