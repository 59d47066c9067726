import { clientHandshake } from '@hs/protocol'
import type { Transport } from '@hs/transport'
import type { LoadResult } from '../measure/report.js'
import { load } from '../run/load.js'
import type { LoadOptions } from '../run/options.js'

/** A load that shows a difference. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly about: string
  /** What servers are compared by: handshakes per second, or how long 99 of 100 take at most. */
  readonly by: 'rate' | 'p99'
  run(bench: Bench): Promise<readonly Step[]>
}

/** What a scenario is given. */
export interface Bench {
  /** The target, the transport, the signal. */
  readonly options: LoadOptions
  readonly transport: Transport
  readonly durationMs: number
  readonly signal: AbortSignal
}

/** One load of a scenario; all but `growing` have one. */
export interface Step {
  readonly clients: number | undefined
  readonly result: LoadResult
}

const CLIENTS = 32
const STALLED_RATE = 200
const SLOW_MS = 20
const BURST = 1_000
const GROWTH = [1, 4, 16, 64, 256] as const
const INTERVALS = 20

export const scenarios: readonly Scenario[] = [
  {
    name: 'steady',
    title: 'Steady load',
    about: `${CLIENTS} clients, each of which begins again when it is done.`,
    by: 'rate',
    run: async ({ options, durationMs }) => [
      {
        clients: CLIENTS,
        result: await load({ ...options, concurrency: CLIENTS, durationMs, intervalMs: durationMs / INTERVALS }),
      },
    ],
  },
  {
    name: 'stalled',
    title: 'One stalled client',
    about: `${STALLED_RATE} handshakes begin per second. From the first quarter to the third, one client has sent HELLO X and says no more.`,
    by: 'p99',
    async run({ options, transport, durationMs, signal }) {
      const stalled = stall(transport, options, durationMs, signal)
      const result = await load({
        ...options,
        rate: STALLED_RATE,
        durationMs,
        intervalMs: durationMs / INTERVALS,
        // The stall is to be seen as what it is, and not as failures.
        timeoutMs: 2 * durationMs + 5_000,
      })
      await stalled
      return [{ clients: undefined, result }]
    },
  },
  {
    name: 'slow',
    title: 'One client in ten is slow',
    about: `${CLIENTS} clients; one handshake in ten pauses ${SLOW_MS} ms before each of its messages.`,
    by: 'rate',
    run: async ({ options, durationMs }) => [
      {
        clients: CLIENTS,
        result: await load({
          ...options,
          concurrency: CLIENTS,
          mix: { normal: 90, slow: 10 },
          slowMs: SLOW_MS,
          durationMs,
          intervalMs: durationMs / INTERVALS,
        }),
      },
    ],
  },
  {
    name: 'burst',
    title: 'A burst',
    about: `${BURST.toLocaleString('en-US')} clients connect at once, one time.`,
    by: 'rate',
    run: async ({ options }) => [
      {
        clients: BURST,
        result: await load({ ...options, concurrency: BURST, count: BURST, intervalMs: 20, timeoutMs: 20_000 }),
      },
    ],
  },
  {
    name: 'growing',
    title: 'More and more connections',
    about: `${GROWTH.join(', ')} clients, one number after the other.`,
    by: 'rate',
    async run({ options, durationMs, signal }) {
      const steps: Step[] = []
      for (const clients of GROWTH) {
        if (signal.aborted) break
        const result = await load({ ...options, concurrency: clients, durationMs: durationMs / GROWTH.length })
        steps.push({ clients, result })
      }
      return steps
    },
  },
]

/** Takes its turn like any other client, and keeps it. */
async function stall(
  transport: Transport,
  { targets }: LoadOptions,
  durationMs: number,
  signal: AbortSignal,
): Promise<void> {
  await pause(durationMs / 4, signal)
  if (signal.aborted) return
  const limit = AbortSignal.any([signal, AbortSignal.timeout(durationMs / 2)])
  const connection = await transport.connect(targets[0]!, { signal: limit }).catch(() => undefined)
  // A server that is gone by now is the business of those who are counted.
  if (!connection) return
  const closed = new Promise<void>((resolve) => {
    connection.open({ data() {}, end() {}, closed: () => resolve() })
  })
  for (const effect of clientHandshake(1).step({ type: 'start' })) {
    if (effect.type === 'send') connection.write(effect.bytes)
  }
  await pause(durationMs / 2, signal)
  connection.abort()
  await closed
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
