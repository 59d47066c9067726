import { Socket } from 'node:net'
import type { MessageChannel } from 'node:worker_threads'
import type { Sharing } from '../transport.js'

/**
 * The better of the two ways that this Node has; asked and not inferred from a version, where that is possible.
 *
 * @throws ERR_HS_THREADS_UNSUPPORTED If it has neither.
 */
export function availableSharing(): Sharing {
  const { port1 } = channel()
  try {
    port1.postMessage(null, [new Socket() as never])
  } catch (error) {
    // An unconnected socket cannot be transferred; how Node says so tells whether a connected one could.
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE') return 'transfer'
  } finally {
    port1.close()
  }
  if (knowsReusePort()) return 'reuse-port'
  throw Object.assign(
    new Error(
      `Node ${process.versions.node} can share a listener with threads in neither way: ` +
        'use Node >= 24.21 (sockets are transferred) or >= 22.12 on Linux (reusePort), or another strategy',
    ),
    { code: 'ERR_HS_THREADS_UNSUPPORTED' },
  )
}

/** Loaded when there are threads: a client, which is mostly start-up, has none. */
export function channel(): MessageChannel {
  const { MessageChannel } = process.getBuiltinModule('node:worker_threads')
  return new MessageChannel()
}

/** It is silently ignored by Node versions that do not know it, so the version must tell. */
export function knowsReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return process.platform === 'linux' && (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12))
}
