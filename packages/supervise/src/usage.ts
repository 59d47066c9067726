import { processes, processIds, read } from './proc.js'

/** What a group of processes has used so far, by /proc. */
interface Usage {
  /** Of the processor, by all threads, those that ended included. */
  readonly cpuMs: number
  /** In memory now. */
  readonly residentBytes: number
  /** In memory at most, until now. */
  readonly peakBytes: number
}

/** @returns Undefined without /proc, or if no process of the group is left. */
export function usageOf(group: number): Usage | undefined {
  const members = processes().filter((one) => one.group === group)
  if (members.length === 0) return undefined
  const texts = members.map(({ pid }) => read(`/proc/${pid}/status`))
  const bytes = (name: string) =>
    texts.reduce((sum, text) => sum + 1024 * Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0), 0)
  const cpuMs = members.reduce((sum, one) => sum + one.cpuMs, 0)
  return { cpuMs, residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
}

/** Processes that have a text in their environment; none without /proc. */
export const marked = (text: string): number[] =>
  [...processIds()].filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(text)).map(Number)
