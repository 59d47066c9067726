import type { Transport } from '../transport.js'
import { nodeClock } from './clock.js'
import { connectTo, type NameLookup } from './connect.js'
import { listen } from './listener.js'

export interface NodeTransportOptions {
  /** How the names of servers are looked up. Default: as `node:dns` does, by the system. */
  readonly lookup?: NameLookup
}

/** Sockets of `node:net`: works wherever Node does. */
export function nodeTransport({ lookup }: NodeTransportOptions = {}): Transport {
  return {
    name: 'node',
    clock: nodeClock,
    listen,
    connect: (to, options) => connectTo(to, options, lookup),
  }
}
