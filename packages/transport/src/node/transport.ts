import type { Transport } from '../transport.js'
import { nodeClock } from './clock.js'
import { connectTo } from './connect.js'
import { listen } from './listener.js'

/** Sockets of `node:net`: works wherever Node does. */
export function nodeTransport(): Transport {
  return { name: 'node', clock: nodeClock, listen, connect: connectTo }
}
