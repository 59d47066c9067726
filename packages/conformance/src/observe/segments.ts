import { spawnSync } from 'node:child_process'

/** How many segments brought the bytes of a connection; undefined if the system does not tell. */
export function segmentsOf({ local, remote }: { readonly local: number; readonly remote: number }): number | undefined {
  if (process.platform !== 'linux') return undefined
  const filter = ['sport', '=', `:${local}`, 'and', 'dport', '=', `:${remote}`]
  const { stdout, status } = spawnSync('ss', ['-tinH', ...filter], { encoding: 'utf8' })
  const count = status === 0 ? /data_segs_in:(\d+)/.exec(stdout)?.[1] : undefined
  return count === undefined ? undefined : Number(count)
}
