/** Type-checked against the published declarations, with nothing skipped; never run. */
import { type HandshakeReport, type HelloError, handshake } from '@hs/client'
import { main as client } from '@hs/client/cli'
import { clientHandshake, type Effect, type HelloFailure } from '@hs/protocol'
import { type ConcurrencyStrategy, type HelloServer, serve } from '@hs/server-core'
import { main as server } from '@hs/server-core/cli'
import { nodeTransport, type Transport } from '@hs/transport'
import { linuxTransport } from '@hs/transport-linux'

const transport: Transport = process.platform === 'linux' ? linuxTransport() : nodeTransport()
const mine: ConcurrencyStrategy = {
  name: 'mine',
  async run({ listener, serveOne }) {
    for await (const connection of listener) await serveOne(connection)
  },
}
const serving: HelloServer = await serve({ port: 0, strategy: mine, transport })
const report: HandshakeReport = await handshake({ port: serving.address.port, signal: AbortSignal.timeout(1000) })
const sum: number = report.x + report.y + report.z
const failureOf = (error: HelloError): HelloFailure => error.failure
const effects: readonly Effect[] = clientHandshake(sum).step({ type: 'start' })
const programs: [Promise<number>, Promise<number>] = [client([], 'hs-client', 'optional'), server(['0'])]

// @ts-expect-error A misspelt strategy is found before the program runs.
await serve({ port: 0, strategy: 'event' })
// @ts-expect-error And so is a port that is a text.
await handshake({ port: '9000' })

export { effects, failureOf, programs }
