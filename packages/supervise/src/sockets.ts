import { closeSync, openSync, readSync } from 'node:fs'
import { read } from './proc.js'

export interface TcpEntry {
  readonly localAddress: string
  readonly localPort: number
  readonly remotePort: number
  readonly listening: boolean
  readonly inode: string
  /** Bytes that have arrived and that the program has not read; of a listener, connections not yet accepted. */
  readonly unread: number
}

const LISTEN = '0A'
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

function parseTcp(line: string): TcpEntry | undefined {
  const fields = line.trim().split(/\s+/)
  if (fields.length < 10 || fields[0] === 'sl') return undefined
  const [address, port] = fields[1]!.split(':')
  return {
    localAddress: address!,
    localPort: Number.parseInt(port!, 16),
    remotePort: Number.parseInt(fields[2]!.split(':')[1]!, 16),
    listening: fields[3] === LISTEN,
    inode: fields[9]!,
    unread: Number.parseInt(fields[4]!.split(':')[1]!, 16),
  }
}

/** The connections of a local port. Slow on a busy system: 100,000 in TIME_WAIT take a third of a second. */
export function connections(port: number): TcpEntry[] {
  const mark = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  return TABLES.flatMap((file) => read(file).split('\n'))
    .filter((line) => line.includes(mark))
    .flatMap((line) => parseTcp(line) ?? [])
    .filter(({ localPort, listening }) => localPort === port && !listening)
}

/** All listening sockets. */
export function listeners(): TcpEntry[] {
  return TABLES.flatMap((file) => [...listed(file)])
}

/** The listener on a port. */
export function listenerOn(port: number): TcpEntry | undefined {
  for (const file of TABLES) for (const entry of listed(file)) if (entry.localPort === port) return entry
  return undefined
}

/** A few lines: the kernel only collects what is read. */
const TABLE_CHUNK_BYTES = 600

/** The kernel lists listening sockets first, so the rest need not be read. */
function* listed(file: string): Generator<TcpEntry> {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return
  }
  try {
    const chunk = Buffer.alloc(TABLE_CHUNK_BYTES)
    let rest = ''
    for (;;) {
      const length = readSync(descriptor, chunk)
      if (length === 0) return
      const lines = (rest + chunk.toString('latin1', 0, length)).split('\n')
      rest = lines.pop()!
      for (const entry of lines.flatMap((line) => parseTcp(line) ?? [])) {
        if (!entry.listening) return
        yield entry
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

/** The address to connect to for a listening socket's local address. */
export function reachable(localAddress: string): string {
  if (localAddress.length === 8) {
    const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(localAddress.slice(at, at + 2), 16))
    return bytes.every((byte) => byte === 0) ? '127.0.0.1' : bytes.join('.')
  }
  if (localAddress === `${'0'.repeat(24)}01000000`) return '::1'
  return '127.0.0.1'
}
