import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { escapeBytes } from '@hs/protocol'
import { freePort, listenerOn, type SupervisedProcess } from '@hs/supervise'
import type { Part } from '../course/course.js'
import type { Lesson } from './outcome.js'

/** The cases of a student's client with the same student's server. Between them, a proxy looks and, if told to, lies. */
export const PAIR_CASES = [
  { id: 'P1', title: 'client and server complete a handshake through a proxy', level: 'MUST', weight: 3 },
  { id: 'P2', title: 'the client prints ERROR when the proxy changes Y', level: 'MUST', weight: 2 },
  { id: 'P3', title: 'the server prints ERROR when the proxy changes Z', level: 'MUST', weight: 2 },
] as const

/** In which message the proxy lies, and by how much: the number has as many digits, and no program takes it for the next. */
const LIES: Readonly<Record<string, string>> = { P2: 'server 1', P3: 'client 2' }
const LIE = 3
/** What a client may take beyond the time limit of the course, and a server until it listens. */
const CLIENT_MS = 4000
const START_MS = 10_000
const LOOK_MS = 10

/** How much of an exchange is kept. It has three messages; a flood is forwarded, and known from its beginning. */
const MOST_MESSAGES = 12

/** Starts a program of the pair: with its port, and with X. */
type Start = (words: readonly string[], port: number) => Promise<SupervisedProcess>

interface Exchange {
  readonly messages: readonly string[]
  readonly client: SupervisedProcess
  readonly server: SupervisedProcess
}

/** Runs one case. @returns What went wrong, if anything did. */
export async function checkPair(
  id: string,
  part: Part,
  run: (words: readonly string[]) => Promise<SupervisedProcess>,
  x: number,
): Promise<Lesson | undefined> {
  const values: Record<string, string> = { host: '127.0.0.1', sequence: String(x) }
  const start: Start = (words, port) =>
    run(
      words.map((word) =>
        word.replace(/\{(\w+)\}/g, (_, name) => (name === 'port' ? String(port) : (values[name] ?? word))),
      ),
    )
  const exchange = await play(part, start, LIES[id])
  const fault = typeof exchange === 'string' ? exchange : faultOf(id, exchange, x, part.errors)
  if (fault === undefined) return undefined
  const seen = typeof exchange === 'string' ? '' : exchange.messages.join('\n')
  return {
    summary: fault,
    reproduce: `start the server, then the client with ${x}`,
    ...(seen && { diagram: `What passed through the proxy:\n${seen}` }),
  }
}

function faultOf(
  id: string,
  { messages, client, server }: Exchange,
  x: number,
  errors: Part['errors'],
): string | undefined {
  const saysError = ({ out, err }: SupervisedProcess) => {
    const outputs = { stdout: [out], stderr: [err], either: [out, err] }[errors]
    return outputs.some((output) => /(^|\n)\s*ERROR/.test(output.text()))
  }
  const misses = ({ out }: SupervisedProcess, number: number) => !new RegExp(`HELLO ${number}(?!\\d)`).test(out.text())
  const printed = ({ out }: SupervisedProcess) => `it printed "${shown(out)}"`
  if (id !== 'P1') {
    const liedTo = id === 'P2' ? client : server
    return saysError(liedTo)
      ? undefined
      : `A number was changed on its way, and no ERROR is printed: ${printed(liedTo)}.`
  }
  const wanted = [`client HELLO ${x}`, `server HELLO ${x + 1}`, `client HELLO ${x + 2}`].join(', ')
  const sent = messages.map((text) => text.replace(/(\\0|\\r|\\n)+$/, '')).join(', ')
  if (sent !== wanted) return `Expected on the wire: ${wanted}. Seen: ${sent || 'nothing'}.`
  if (misses(client, x + 1)) return `The client does not print HELLO ${x + 1}: ${printed(client)}.`
  if (misses(server, x) || misses(server, x + 2))
    return `The server does not print both of its messages: ${printed(server)}.`
  return saysError(client) || saysError(server) ? 'ERROR is printed although every number is right.' : undefined
}

const shown = (output: SupervisedProcess['out']) => escapeBytes(Buffer.from(output.text(), 'latin1'), 80)

/** @param lie - The message to change: its sender, and its number among the sender's messages. */
async function play(
  { command, client: clientWords, timeoutMs }: Part,
  start: Start,
  lie: string | undefined,
): Promise<Exchange | string> {
  const port = await freePort()
  const server = await start(command, port)
  const messages: string[] = []
  const proxy = createServer((socket) => forward(socket, port, messages, lie))
  try {
    // Without a connection: a third of real servers does not survive one that says nothing.
    const listens = () => listenerOn(port) !== undefined
    await within(START_MS, () => server.exit !== undefined || listens())
    if (!listens()) return `The server does not listen${server.err.total > 0 ? `: ${shown(server.err)}` : ''}.`
    const client = await start(clientWords, await listen(proxy))
    await within(timeoutMs + CLIENT_MS, () => client.exit !== undefined)
    await client.stop()
    // The server may still be printing what it got.
    const settled = () => server.exit !== undefined || [server.out, server.err].some((one) => /ERROR/.test(one.text()))
    const printed = () => messages.length > 2 && server.out.text().split('\n').length > 2
    await within(timeoutMs, () => settled() || printed())
    return { messages, client, server }
  } finally {
    proxy.close()
    await server.stop()
  }
}

/** Waits until something holds, or the time is over: by the clock, because each look takes longer on a busy machine. */
async function within(ms: number, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + ms; !holds() && performance.now() < end; ) await sleep(LOOK_MS)
}

function forward(client: Socket, port: number, messages: string[], lie: string | undefined): void {
  const server = connect(port, '127.0.0.1')
  const pass = (from: string, source: Socket, target: Socket) => {
    let count = 0
    const look = new Transform({
      transform(chunk: Buffer, _, done) {
        const changes = lie === `${from} ${++count}`
        const text = chunk
          .toString('latin1')
          .replace(/-?\d+/, (digits) => (changes ? String(Number(digits) + LIE) : digits))
        if (messages.length < MOST_MESSAGES) messages.push(`${from} ${escapeBytes(Buffer.from(text, 'latin1'), 64)}`)
        done(null, Buffer.from(text, 'latin1'))
      },
    })
    source.pipe(look).pipe(target)
    source.on('error', () => target.destroy())
  }
  pass('client', client, server)
  pass('server', server, client)
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
