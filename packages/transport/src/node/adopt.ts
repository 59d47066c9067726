import { AcceptQueue } from '../accept-queue.js'
import { AlarmClock } from '../clocks.js'
import type { AdoptLimits, Clock, Listener } from '../transport.js'
import { NodeConnection } from './connection.js'
import { listen } from './listener.js'
import type { AdoptedListen, AdoptedSockets, RoomMessage, SocketMessage } from './share.js'

/** The other end, in the thread: see `TransportModule`. */
export async function adopt(
  data: AdoptedListen | AdoptedSockets,
  { atOnce, onDrop }: AdoptLimits,
): Promise<{ listener: Listener; clock: Clock }> {
  if (data.type === 'listen') {
    const { at, remembersPeers } = data
    const listener = await listen(at, { shared: true, maxWaiting: Number.POSITIVE_INFINITY, remembersPeers, onDrop })
    return { listener, clock: new AlarmClock() }
  }
  const { port } = data
  const queue = new AcceptQueue()
  port.on('message', (accepted: SocketMessage) => {
    if (!accepted) {
      queue.finish()
      port.unref()
      return
    }
    const { socket, remote } = accepted
    // Also if the connection is never opened.
    socket.on('close', () => port.postMessage(1 satisfies RoomMessage))
    queue.push(new NodeConnection(socket, remote))
  })
  // A number and not Infinity, so that the accepting thread can compare which has more room left.
  port.postMessage(Math.min(atOnce, Number.MAX_SAFE_INTEGER) satisfies RoomMessage)
  return {
    listener: {
      address: { host: '', port: 0 },
      // The accepting thread says when the last one has come.
      close: async () => {},
      [Symbol.asyncIterator]: () => queue,
    },
    clock: new AlarmClock(),
  }
}
