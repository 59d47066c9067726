import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Level, Verdict } from '@hs/conformance'
import { escapeBytes } from '@hs/protocol'
import { Running } from '../sandbox/process.js'
import type { Lesson } from './outcome.js'

/** The cases of a student's client with the same student's server. Between them, a proxy looks and, if told to, lies. */
export const PAIR_CASES = [
  { id: 'P1', title: 'client and server complete a handshake through a proxy', level: 'MUST', weight: 3 },
  { id: 'P2', title: 'the client prints ERROR when the proxy changes Y', level: 'MUST', weight: 2 },
  { id: 'P3', title: 'the server prints ERROR when the proxy changes Z', level: 'MUST', weight: 2 },
] as const satisfies readonly { id: string; title: string; level: Level; weight: number }[]

export interface Pair {
  readonly server: readonly string[]
  readonly client: readonly string[]
  /** Before each command. */
  readonly confine: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly errors: 'stdout' | 'stderr' | 'either'
  readonly timeoutMs: number
}

interface Message {
  readonly from: 'client' | 'server'
  readonly text: string
}

/** What was seen of one exchange. */
interface Exchange {
  readonly messages: readonly Message[]
  readonly client: Running
  readonly server: Running
}

/** How far a changed number is from the right one: it has as many digits, and no program takes it for the next. */
const LIE = 3

/** Runs one case. @param x - The sequence number that the client is given. */
export async function checkPair(id: string, pair: Pair, x: number): Promise<{ verdict: Verdict; lesson?: Lesson }> {
  const lie = id === 'P2' ? { from: 'server', at: 0 } : id === 'P3' ? { from: 'client', at: 1 } : undefined
  const exchange = await play(pair, x, (from, at, text) =>
    lie?.from === from && lie.at === at ? text.replace(/-?\d+/, (digits) => String(Number(digits) + LIE)) : text,
  )
  const fault = typeof exchange === 'string' ? exchange : faultOf(id, exchange, x, pair.errors)
  if (fault === undefined) return { verdict: 'passed' }
  const steps =
    typeof exchange === 'string' ? [] : exchange.messages.map(({ from, text }) => `${from.padEnd(6)}  ${text}`)
  return {
    verdict: 'failed',
    lesson: {
      summary: fault,
      reproduce: `start the server, then the client with ${x}`,
      ...(steps.length > 0 && { diagram: `What passed through the proxy:\n${steps.join('\n')}` }),
    },
  }
}

function faultOf(
  id: string,
  { messages, client, server }: Exchange,
  x: number,
  errors: Pair['errors'],
): string | undefined {
  const saysError = ({ stdout, stderr }: Running) =>
    /(^|\n)\s*ERROR/.test(errors === 'stdout' ? stdout : errors === 'stderr' ? stderr : `${stdout}\n${stderr}`)
  if (id === 'P2')
    return saysError(client)
      ? undefined
      : `The client got a wrong number and printed no ERROR: "${shown(client.stdout)}".`
  if (id === 'P3')
    return saysError(server)
      ? undefined
      : `The server got a wrong third message and printed no ERROR: "${shown(server.stdout)}".`
  const wanted = [`HELLO ${x}`, `HELLO ${x + 1}`, `HELLO ${x + 2}`]
  const sent = messages.map(({ text }) => text.replace(/(\\0|\\r|\\n)+$/, ''))
  if (wanted.join() !== sent.join())
    return `Expected ${wanted.join(', ')} on the wire; saw ${sent.join(', ') || 'nothing'}.`
  const prints = (program: Running, text: string) => new RegExp(`${text}(?!\\d)`).test(program.stdout)
  if (!prints(client, wanted[1]!)) return `The client did not print ${wanted[1]}: "${shown(client.stdout)}".`
  const missing = [wanted[0]!, wanted[2]!].find((text) => !prints(server, text))
  if (missing) return `The server did not print ${missing}: "${shown(server.stdout)}".`
  const complaining = [client, server].find(saysError)
  return (
    complaining && `The ${complaining === client ? 'client' : 'server'} printed ERROR although every number is right.`
  )
}

const shown = (text: string) => escapeBytes(Buffer.from(text), 80)

type Change = (from: Message['from'], at: number, text: string) => string

async function play(pair: Pair, x: number, change: Change): Promise<Exchange | string> {
  const port = await freePort()
  const start = (words: readonly string[], at: number) =>
    new Running(
      [
        ...pair.confine,
        ...words.map((word) =>
          word.replaceAll('{host}', '127.0.0.1').replaceAll('{port}', String(at)).replaceAll('{sequence}', String(x)),
        ),
      ],
      pair.cwd,
      pair.env,
    )
  const server = start(pair.server, port)
  const messages: Message[] = []
  const proxy = createServer()
  try {
    if (!(await untilListening(server, port)))
      return `The server does not listen on port ${port}: ${shown(server.stderr) || 'it says nothing'}.`
    proxy.on('connection', (socket) => forward(socket, port, messages, change))
    proxy.listen(0, '127.0.0.1')
    await new Promise((resolve) => proxy.once('listening', resolve))
    const client = start(pair.client, (proxy.address() as AddressInfo).port)
    await client.within(pair.timeoutMs + 4000)
    // The server may still be printing what it got.
    for (let waited = 0; waited < pair.timeoutMs && !settled(server, messages); waited += 20) await sleep(20)
    client.end('the exchange is over')
    return { messages, client, server }
  } finally {
    server.end('the exchange is over')
    proxy.close()
    await server.ended
  }
}

/** Whether the server has printed the last message that it got, or ERROR. */
function settled({ stdout, stderr, status }: Running, messages: readonly Message[]): boolean {
  const last = messages.findLast(({ from }) => from === 'client')
  return (
    status !== undefined ||
    /ERROR/.test(stdout + stderr) ||
    (messages.length > 2 && stdout.includes(last?.text.replace(/\\.*/, '') ?? ''))
  )
}

function forward(client: Socket, port: number, messages: Message[], change: Change): void {
  const server = connect(port, '127.0.0.1')
  const count = { client: 0, server: 0 }
  for (const [from, source, target] of [
    ['client', client, server],
    ['server', server, client],
  ] as const) {
    source.on('data', (chunk) => {
      const text = change(from, count[from]++, chunk.toString('latin1'))
      messages.push({ from, text: escapeBytes(Buffer.from(text, 'latin1'), 64) })
      target.write(text, 'latin1')
    })
    source.on('end', () => target.end())
    source.on('error', () => target.destroy())
  }
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Looks at the system's list of sockets: a third of real servers does not survive a connection that says nothing. */
async function untilListening(server: Running, port: number): Promise<boolean> {
  const wanted = new RegExp(`^\\s*\\d+: \\S+:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A `, 'm')
  for (let waited = 0; waited < 10_000 && server.status === undefined; waited += 10) {
    if (['tcp', 'tcp6'].some((name) => wanted.test(listOf(name)))) return true
    await sleep(10)
  }
  return false
}

function listOf(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1')
  } catch {
    return ''
  }
}
