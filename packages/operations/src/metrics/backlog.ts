import { closeSync, openSync, readSync } from 'node:fs'

/** A line of /proc/net/tcp: the address in hexadecimal, its peer, the state, and the queues for sending and receiving. */
const LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ ([0-9A-F]{2}) [0-9A-F]+:([0-9A-F]+) .*\n/gm

/** `TCP_LISTEN` of Linux's headers, as /proc writes it. */
const LISTENING = '0A'

/**
 * How many connections wait in the kernel to be accepted from a port; undefined on systems without /proc.
 * Asked as this process, because a service of systemd may see nothing else of /proc (`ProcSubset=pid`).
 *
 * @param folder - Where the tables are.
 */
export function waitingInKernel(port: number, folder = '/proc/self/net'): number | undefined {
  try {
    return ['tcp', 'tcp6'].reduce((sum, file) => {
      const queues = queuesOf(`${folder}/${file}`)
      return sum + queues.reduce((all, queue) => (queue.port === port ? all + queue.length : all), 0)
    }, 0)
  } catch {
    return undefined
  }
}

/**
 * The queues of all sockets that listen. They come first, and the rest is not read: of a busy server, it is 100,000 lines,
 * which take a third of a second. Of a socket that listens, `rx_queue` is the length of its queue.
 */
function queuesOf(file: string): { readonly port: number; readonly length: number }[] {
  const table = openSync(file, 'r')
  try {
    const chunk = Buffer.alloc(4096)
    const queues = []
    let text = ''
    for (let bytes = readSync(table, chunk); bytes > 0; bytes = readSync(table, chunk)) {
      text += chunk.toString('latin1', 0, bytes)
      for (const [, port, state, length] of text.matchAll(LINE)) {
        if (state !== LISTENING) return queues
        queues.push({ port: Number.parseInt(port!, 16), length: Number.parseInt(length!, 16) })
      }
      text = text.slice(text.lastIndexOf('\n') + 1)
    }
    return queues
  } finally {
    closeSync(table)
  }
}
