/** What a crowd of clients has seen, computed from its events. Pure. */
import { text } from '../../message.js'
import { type Exchange, outputOf } from '../exchange.js'
import type { Event } from '../observation.js'
import type { ServerFacts } from './facts.js'

export const CROWD = 20
export const HUNDRED = 100

/** A server that gives up a client that says nothing waits longer than this; one that has no room for it does not. */
const NO_ROOM_MS = 500

/** Whether a client of a crowd was served, or gave no cause to: a server may give up one that waits for the others. */
export const isServed = ({ right, sent, ended }: Exchange): boolean =>
  right || (sent === '' && ended !== undefined && ended.afterMs >= NO_ROOM_MS)

/** The clients of a crowd, each with its last attempt. */
export function clientsIn(exchanges: readonly Exchange[]): Exchange[] {
  const last = new Map(exchanges.filter(({ name }) => name?.startsWith('#')).map((one) => [one.name, one]))
  return [...last.values()]
}

/** How many messages are missing in an output. Each has one H, also if lines are torn. */
export const missingIn = (output: string, messages: number): number => messages - output.split('H').length + 1

/** A line with a piece of a message that is none of these messages. */
export function tornLine(output: string, messages: ReadonlySet<string>): string | undefined {
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replaceAll('\0', '').trim())
    .find(
      (line) => line !== '' && !messages.has(line) && !line.startsWith('ERROR') && /HELLO|^[HELO\s\d-]+$/.test(line),
    )
}

/** What a crowd has sent. */
export const messagesOf = (clients: readonly Exchange[]): ReadonlySet<string> =>
  new Set(clients.flatMap(({ x = 0 }) => [text(x), text(x + 2)]))

/** What a process printed, on the stream on which it prints its lines, without the newlines of a pipe that was full. */
export const linesFrom = (
  events: readonly Event[],
  process: number,
  { printing }: Pick<ServerFacts, 'printing'>,
): string => outputOf(events, process, printing === 'stderr' ? 'err' : 'out').replace(/^\n+/, '')
