import { readdirSync, readFileSync } from 'node:fs'

/** What a group of processes has used so far, by /proc. */
interface Usage {
  /** Of the processor, by all threads, those that ended included. */
  readonly cpuMs: number
  /** In memory now. */
  readonly residentBytes: number
  /** In memory at most, until now. */
  readonly peakBytes: number
}

/** The kernel counts time for people in hundredths of a second, on every Linux. */
const MS_PER_TICK = 10

/** @returns Undefined without /proc, or if no process of the group is left. */
export function usageOf(group: number): Usage | undefined {
  let found = false
  let ticks = 0
  let residentKb = 0
  let peakKb = 0
  for (const pid of processes()) {
    try {
      // The name is in brackets and may have spaces in it; what follows is: state, parent, group, ...
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(fields[2]) !== group) continue
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      ticks += Number(fields[11]) + Number(fields[12])
      residentKb += Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0)
      peakKb += Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0)
      found = true
    } catch {
      // It ended meanwhile.
    }
  }
  return found ? { cpuMs: ticks * MS_PER_TICK, residentBytes: residentKb * 1024, peakBytes: peakKb * 1024 } : undefined
}

/** Processes that have a text in their environment; none without /proc. */
export function marked(text: string): number[] {
  return processes()
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(text)
      } catch {
        // It belongs to another user, or has ended.
        return false
      }
    })
    .map(Number)
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}
