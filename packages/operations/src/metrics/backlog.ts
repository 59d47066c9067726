import { readFileSync } from 'node:fs'

/** `TCP_LISTEN` of Linux's headers, as /proc writes it. */
const LISTENING = '0A'

/**
 * How many connections wait in the kernel to be accepted from a port; undefined on systems without /proc.
 * Asked as this process, because a service of systemd may see nothing else of /proc (`ProcSubset=pid`).
 */
export function waitingInKernel(port: number): number | undefined {
  try {
    return ['tcp', 'tcp6'].reduce(
      (sum, file) => sum + waitingIn(readFileSync(`/proc/self/net/${file}`, 'utf8'), port),
      0,
    )
  } catch {
    return undefined
  }
}

/** Of a socket that listens, `rx_queue` is the length of its queue. */
function waitingIn(table: string, port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let sum = 0
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state, queues = ''] = line.trim().split(/\s+/)
    if (state === LISTENING && local.endsWith(wanted)) sum += Number.parseInt(queues.split(':')[1]!, 16)
  }
  return sum
}
