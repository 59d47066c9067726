import { type Checked, checkOptions } from '@hs/options'
import type { StrategyName } from '@hs/server-core'
import type { TransportName } from '@hs/transport'
import { LIVE_OPTIONS } from './checks.js'
import { Recorder } from './record/recorder.js'
import type { Settings } from './scene/events.js'
import { type Program, Session } from './session.js'
import { pageHtml } from './web/html.js'
import { Web } from './web/web.js'

export interface LiveOptions {
  /** Our servers, in this order. Default: sequential, threads, events. */
  readonly strategies?: readonly StrategyName[]
  /** Programs to be shown beside them. */
  readonly programs?: readonly Program[]
  /** Where the page is served. Default: a free port of 127.0.0.1. */
  readonly host?: string
  readonly port?: number
  /** The secret part of the address. Default: a random one. */
  readonly token?: string
  /** Deadline of our servers for each connection. Default 15 s. */
  readonly timeoutMs?: number
  /** How bytes move in our servers. Default `'auto'`. */
  readonly transport?: TransportName
  /** What the controls of the page show at first. */
  readonly settings?: Partial<Settings>
  /** The file that is to hold what the page sees. */
  readonly record?: string
  /** The recording could not be written; all else continues. */
  readonly onRecordingLost?: (error: Error) => void
  /** Called with how many pages are open, when that changes. */
  readonly onPages?: (open: number) => void
  /** Ends everything, also while servers are starting. */
  readonly signal?: AbortSignal
}

export interface Live extends AsyncDisposable {
  /** The address of the page. Anyone with it can use the page. */
  readonly url: string
  /** Servers that are not running, and why. */
  readonly problems: readonly { readonly name: string; readonly note: string }[]
}

/**
 * Starts servers and serves the page that shows them. Everything ends when it is disposed of, and with this process.
 *
 * @returns When each server is up or has failed to start.
 * @throws {TypeError | RangeError} For an option that makes no sense.
 * @throws System errors as Node shapes them (`EADDRINUSE`, `EACCES`, …) if the page cannot be served.
 */
export async function live(options: LiveOptions = {}): Promise<Live> {
  const checked = checkOptions('live', options, LIVE_OPTIONS)
  const { record, onRecordingLost, signal } = checked
  const session = new Session(checked)
  const parts: AsyncDisposable[] = [session]
  let ending: Promise<void> | undefined
  const end = async () => {
    for (const part of parts.reverse()) await part[Symbol.asyncDispose]()
  }
  const dispose = () => (ending ??= end())
  try {
    const web = await listen(checked, session)
    parts.push(web)
    if (record !== undefined) parts.push(new Recorder(record, session, (error) => onRecordingLost?.(error)))
    signal?.addEventListener('abort', () => void dispose(), { once: true })
    await session.start()
    const down = session.scene.lanes.filter(({ state }) => state === 'down')
    const problems = down.map(({ info: { name }, note = '' }) => ({ name, note }))
    return { url: web.url, problems, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

type Door = Checked<LiveOptions, typeof LIVE_OPTIONS>

function listen({ host, port, token, onPages }: Door, session: Session): Promise<Web> {
  return Web.listen({
    host,
    port,
    session,
    page: pageHtml(),
    ...(token !== undefined && { token }),
    onPages(open) {
      session.watched = open > 0
      onPages?.(open)
    },
  })
}
