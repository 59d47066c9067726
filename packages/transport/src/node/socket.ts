import type { Endpoint, ListenOptions, Sharing } from '../transport.js'
import { knowsReusePort } from './sharing.js'

/**
 * What `node:net` is to listen on.
 *
 * @throws ERR_HS_REUSE_PORT_UNSUPPORTED, ERR_HS_THREADS_UNSUPPORTED If this Node cannot listen so.
 */
export function socketOf(
  at: Endpoint,
  { fd, reusePort }: ListenOptions,
  sharing: Sharing | undefined,
): { readonly host?: string; readonly port?: number; readonly fd?: number; readonly reusePort?: boolean } {
  const { node } = process.versions
  if (reusePort && !knowsReusePort()) {
    const message = `Node ${node} cannot share a port with other processes: use Node >= 22.12 on Linux`
    throw Object.assign(new Error(message), { code: 'ERR_HS_REUSE_PORT_UNSUPPORTED' })
  }
  if (fd === undefined) return { ...at, ...((reusePort || sharing === 'reuse-port') && { reusePort: true }) }
  if (sharing === 'reuse-port') {
    const message =
      `Node ${node} cannot share an inherited socket with threads: use Node >= 24.21, the Linux transport, or another ` +
      'strategy'
    throw Object.assign(new Error(message), { code: 'ERR_HS_THREADS_UNSUPPORTED' })
  }
  return { fd }
}
