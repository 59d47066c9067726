import { spawnSync } from 'node:child_process'
import type { Peer } from './wire.js'

/** How many segments brought the bytes of this connection; undefined where the system does not tell. */
export function segmentsOf({ localPort, remotePort }: Peer): number | undefined {
  if (process.platform !== 'linux') return undefined
  const filter = ['sport', '=', `:${localPort}`, 'and', 'dport', '=', `:${remotePort}`]
  const { stdout, status } = spawnSync('ss', ['-tinH', ...filter], { encoding: 'utf8' })
  const count = status === 0 ? /data_segs_in:(\d+)/.exec(stdout)?.[1] : undefined
  return count === undefined ? undefined : Number(count)
}
