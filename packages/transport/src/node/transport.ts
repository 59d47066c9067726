import { aFunction, checkOptions, optional, type Table } from '@hs/options'
import { AlarmClock } from '../clocks.js'
import type { Transport } from '../transport.js'
import { connectTo, type NameLookup } from './connect.js'
import { listen } from './listener.js'

export interface NodeTransportOptions {
  /** How the names of servers are looked up. Default: as `node:dns` does, by the system. */
  readonly lookup?: NameLookup
}

const NODE_TRANSPORT_OPTIONS = { lookup: optional(aFunction()) } satisfies Table<NodeTransportOptions>

/** Sockets of `node:net`: works wherever Node does. */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  const { lookup } = checkOptions('nodeTransport', options, NODE_TRANSPORT_OPTIONS)
  return {
    name: 'node',
    clock: new AlarmClock(),
    listen,
    connect: (to, options) => connectTo(to, options, lookup),
  }
}
