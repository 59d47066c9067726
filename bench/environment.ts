import { arch, availableParallelism, cpus, loadavg, release } from 'node:os'
import type { Pinning } from './measure.ts'

/** What has to be known of a machine to read its figures. */
export function environment({ pinned }: Pinning) {
  return {
    node: process.version,
    system: `Linux ${release()} ${arch()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    pinned,
    loadAverage: loadavg()[0]!,
    date: new Date().toISOString(),
  }
}

export type Environment = ReturnType<typeof environment>
