import { fileURLToPath } from 'node:url'
import type { CommandLine } from './server-process.ts'

/** What the servers are asked to do. Each is a table of its own, in which all are compared with the baseline. */
export const WORKLOADS = {
  many: { title: '64 clients at a time', baseline: 'C epoll', concurrency: 64 },
  printed: { title: '64 clients at a time, every line printed to a file', baseline: 'C epoll', concurrency: 64 },
  single: { title: 'one client in a row', baseline: 'C single', concurrency: 1 },
  idle: { title: '15,000 idle connections', baseline: 'C epoll', concurrency: 15_000 },
} as const

export type Workload = keyof typeof WORKLOADS

export interface Contestant {
  readonly workload: Workload
  readonly name: string
  /** Begins with `node` or a C program. */
  readonly command: CommandLine
  /** Ours, and not something that we are compared with. */
  readonly ours: boolean
  /** Reported as absent if it cannot start. Default: as `ours`. */
  readonly optional?: boolean
}

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** All of them, in the order of the tables. */
export function contestants(peers: Readonly<Record<string, string>>): Contestant[] {
  const all: Contestant[] = []
  const add = (workload: Workload, name: string, ours: boolean, command: CommandLine) => {
    all.push({ workload, name, ours, command })
  }
  const inC = (workload: Workload, name: string, ...flags: string[]) =>
    add(workload, `C ${name}`, false, [peers[`server-${name}`]!, '0', ...flags])
  const inNode = (workload: Workload, name: string, ours: boolean, ...words: string[]) => {
    const memory = workload === 'idle' ? ['--expose-gc', '--require', local('collect.cjs')] : []
    add(workload, name, ours, [process.execPath, ...memory, ...words])
  }
  const byHand = (workload: Workload, ...flags: string[]) =>
    inNode(workload, 'node:net by hand', false, local('peers/server-node.js'), '0', ...flags)
  const ours = (workload: Workload, strategy: string, ...flags: string[]) => {
    for (const transport of ['node', 'linux']) {
      inNode(workload, `${strategy}, ${transport}`, true, local('serve.js'), '0', strategy, transport, ...flags)
    }
  }

  inC('many', 'epoll')
  inC('many', 'pthread')
  inC('many', 'select')
  byHand('many')
  ours('many', 'events')
  ours('many', 'threads')

  inC('printed', 'epoll', '--print')
  byHand('printed', '--print')
  ours('printed', 'events', '--print')

  inC('single', 'single')
  inC('single', 'epoll')
  byHand('single')
  ours('single', 'sequential')

  inC('idle', 'epoll')
  byHand('idle')
  ours('idle', 'events', '--patient')
  return all
}
