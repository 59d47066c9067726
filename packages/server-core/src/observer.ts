import { channel } from 'node:diagnostics_channel'
import type { ServerEvent } from './events.js'
import type { Observer } from './service.js'

/** Where telemetry listens: every event of every server that was started after it subscribed. */
const CHANNEL = channel('hs.server')

/** What sees the events of a server: the function of the caller, and the subscribers of the channel. @returns undefined if there is neither. */
export function observerOf(onEvent: ((event: ServerEvent) => void) | undefined): Observer | undefined {
  if (!CHANNEL.hasSubscribers) return onEvent && ((event) => callSafely(onEvent, event))
  return (event) => {
    if (onEvent) callSafely(onEvent, event)
    // What a subscriber throws is an uncaught exception, too; Node sees to it.
    CHANNEL.publish(event)
  }
}

/** What a caller's function throws is thrown where nothing of the server can be hurt: as an uncaught exception. */
function callSafely(onEvent: (event: ServerEvent) => void, event: ServerEvent): void {
  try {
    onEvent(event)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}
