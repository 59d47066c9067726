/** Options are checked at the door: every option of every function, with every kind of value that makes no sense. */

import { handshake } from '@hs/client'
import { main as tcpclient } from '@hs/client/cli'
import { checkClient, checkServer } from '@hs/conformance'
import { live } from '@hs/live'
import { load } from '@hs/load'
import { main as hsLoad } from '@hs/load/cli'
import { events, serve, threads } from '@hs/server-core'
import { main as tcpserver } from '@hs/server-core/cli'
import { nodeTransport } from '@hs/transport'
import { linuxTransport } from '@hs/transport-linux'
import { describe, expect, test } from 'vitest'
import { HANDSHAKE_OPTIONS } from '../packages/client/src/checks.js'
import { printedBy } from '../packages/command-line/test/in-process.js'
import { CHECK_OPTIONS, CHECK_SERVER_OPTIONS } from '../packages/conformance/src/checks.js'
import { LIVE_OPTIONS } from '../packages/live/src/checks.js'
import { LOAD_OPTIONS } from '../packages/load/src/checks.js'
import { optional, type Table, text } from '../packages/options/src/index.js'
import { CLOSE_OPTIONS, SERVE_OPTIONS } from '../packages/server-core/src/checks.js'

const withoutClock = { listen() {}, connect() {}, clock: {} }
const wrongStrategies = [
  { threads: -1 },
  { threads: 1e9 },
  { threads: 0.5 },
  { atOnce: 0 },
  { atOnce: NaN },
  { atOnce: '1' },
].map((wrong) => ({ name: 'x', run() {}, ...wrong }))

/** What is wrong with each option: of another type, and of the right type. `undefined` is the same as not given. */
const wrong: Readonly<Record<string, { readonly types: readonly unknown[]; readonly values: readonly unknown[] }>> = {
  ...named('listeningPort', numbers(), [-1, 65_536, 70_000, 1.5, NaN, Infinity]),
  ...named('port', numbers(), [-1, 0, 65_536, 70_000, 1.5, NaN, Infinity]),
  ...named('timeoutMs startMs totalMs patienceMs durationMs intervalMs rate', numbers(), [-1, 0, NaN, Infinity]),
  ...named('quietMs prefixMs graceMs warmupMs slowMs silentMs', numbers(), [-5, NaN, Infinity, -Infinity]),
  ...named('maxConnections atOnce count', numbers(), [0, -1, 1.5, NaN, Infinity]),
  ...named('concurrency', numbers(), [0, 1.5, 1_000_001, NaN]),
  ...named('threads', numbers(), [0, 1.5, 1025, NaN]),
  ...named('sequence', numbers(), [0.5, NaN, 2 ** 53]),
  ...named('seed', numbers(), [-1, 0.5, NaN]),
  ...named('maxMessageBytes', numbers(), [6, 7.5, 0, -1, NaN]),
  ...named('family', numbers(), [5, 0, NaN]),
  ...named('fd', numbers(), [-1, 1.5, NaN, 2 ** 31]),
  ...named('host', texts(), ['', ' ', 'a b', 'a\0b', '127.0.0.1\n']),
  ...named('name cwd', texts(), []),
  ...named('arithmetic terminator errors expect', texts(), ['', 'toString', 'SAFE', '__proto__']),
  ...named('strict check ring reusePort', [null, 1, 0, 'true', {}, []], []),
  ...named(
    'transport',
    [null, 5, {}, [], true, { listen: 5 }, withoutClock, () => {}],
    ['', 'carrier pigeon', 'toString'],
  ),
  ...named(
    'strategy',
    [null, 5, {}, [], { name: 'x' }, { run() {} }, events, ...wrongStrategies],
    ['', 'event', 'toString'],
  ),
  ...named('wrapTransport onEvent onEffect onInterval onHandshake onResult onCase lookup', [null, 5, 'f', {}, []], []),
  ...named(
    'signal',
    [null, {}, [], true, new EventTarget(), { aborted: false }, { aborted: false, addEventListener() {} }],
    [],
  ),
  ...named(
    'print',
    [null, true, 'json', [], printWith({ format: 5 }), printWith({ program: undefined })],
    [printWith({ format: 'xml' }), printWith({ errors: 'stdin' })],
  ),
  ...named(
    'targets',
    [null, {}, '127.0.0.1:9000', [null], ['127.0.0.1'], [{ host: 'a' }]],
    [[], [{ host: 'a', port: 0 }], [{ host: '', port: 1 }]],
  ),
  ...named(
    'stages',
    [null, {}, '30s:100', [null], [5], [{ durationMs: '1s', perSecond: 1 }], [{ durationMs: 1 }]],
    [[], [{ durationMs: -1, perSecond: 1 }], [{ durationMs: 1, perSecond: NaN }]],
  ),
  ...named('mix', [null, 5, [], { normal: '1' }, { polite: 1 }], [{ normal: 0 }, {}, { slow: -1 }, { slow: NaN }]),
  ...named('sources', [null, '127.0.0.1', [5], {}], [['']]),
  ...named('strategies', [null, 5, 'events', {}, [5]], [['evens']]),
  ...named('programs', [null, 5, {}, ['mine'], [{ name: 5, command: 'x' }]], []),
  ...named('token', texts(), ['', 'a/b', 'a b']),
  ...named('settings', [null, 5, [], { rate: '1' }], [{ rate: -1 }, { threads: 9 }, { thinkMs: NaN }]),
  ...named('record', texts(), []),
  ...named('onRecordingLost onRecording onPages', [null, 5, 'f', {}, []], []),
  ...named('before', [null, 5, 'run.json', [], {}, { format: 1, kind: 'client' }], []),
  ...named('only skip baseline', [null, 'S1', [1], {}], []),
}

const target = { host: '127.0.0.1', port: 9 }
const command = { command: ['./program', '{host}', '{port}', '{sequence}'] }

/** Each function, its table, and a call that would be right but for the option. */
const doors = [
  ['serve', SERVE_OPTIONS, { port: 0, transport: 'node' }, (options) => serve(options).then((it) => it.close())],
  ['close', CLOSE_OPTIONS, {}, closing],
  ['handshake', HANDSHAKE_OPTIONS, { port: 9 }, (options) => handshake(options)],
  ['live', LIVE_OPTIONS, { strategies: [] }, (options) => live(options).then((page) => page[Symbol.asyncDispose]())],
  ['load', LOAD_OPTIONS, { targets: [target], check: false, count: 1 }, (options) => load(options)],
  ['checkServer', CHECK_SERVER_OPTIONS, {}, (options) => checkServer(command, options)],
  ['checkClient', CHECK_OPTIONS, {}, (options) => checkClient(command, options)],
  ['events', { atOnce: undefined }, {}, async (options) => events(options)],
  ['threads', { threads: undefined, atOnce: undefined }, {}, async (options) => threads(options)],
  ['nodeTransport', { lookup: undefined }, {}, async (options) => nodeTransport(options)],
  ...(process.platform === 'linux'
    ? ([['linuxTransport', { ring: undefined }, {}, async (options: never) => linuxTransport(options)]] as const)
    : []),
] as const satisfies readonly (readonly [string, object, object, (options: never) => Promise<unknown>])[]

describe.each(doors)('%s', (whose, table, right, call) => {
  const calling = (options: unknown) => call(options as never)
  const rows = Object.keys(table).map((name) => [
    name,
    (whose === 'serve' || whose === 'live') && name === 'port' ? 'listeningPort' : name,
  ])

  test.each(rows)('refuses every wrong %s with an error that names it, the value and its type', async (name, row) => {
    expect(wrong, `test/options.test.ts knows no wrong values for ${name}`).toHaveProperty(row!)
    const { types, values } = wrong[row!]!
    for (const value of types) await refusal(calling({ ...right, [name!]: value }), name!, value, TypeError)
    for (const value of values) await refusal(calling({ ...right, [name!]: value }), name!, value, RangeError)
  })

  test.each([null, 5, 'x', [], () => {}])('refuses %o instead of options', async (options) => {
    await expect(calling(options)).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(new RegExp(`^the options of ${whose} must be an object, got `)),
    })
  })

  test('refuses a name that does not exist, and suggests the one that was meant', async () => {
    const [name] = Object.keys(table) as [string]
    await expect(calling({ ...right, [`${name}x`]: 1 })).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: `"${name}x" is not one of the options of ${whose}: did you mean ${name}?`,
    })
    const own = JSON.parse('{ "__proto__": 1 }') as object
    await expect(calling(Object.assign(own, right))).rejects.toThrow(/^"__proto__" is not one of the options/)
  })

  test('passes on what a getter throws', async () => {
    const [name] = Object.keys(table) as [string]
    const hostile = Object.defineProperty({ ...right }, name, {
      enumerable: true,
      get() {
        throw new Error('mine')
      },
    })
    await expect(calling(hostile)).rejects.toThrow('mine')
  })
})

test.each([['timeoutMS'], ['timeout'], ['time0utMs']])('%s is taken for a misspelt timeoutMs', async (name) => {
  await expect(serve({ port: 0, [name]: 1 } as never)).rejects.toThrow('did you mean timeoutMs?')
})

test('every option is read once, and the object of the caller is not written to', async () => {
  const reads: PropertyKey[] = []
  const options = new Proxy(Object.freeze({ port: 0, transport: 'node', timeoutMs: 500 } as const), {
    get(object, key) {
      reads.push(key)
      return Reflect.get(object, key) as unknown
    },
  })
  const server = await serve(options)
  await server.close()
  expect(new Set(reads).size).toBe(reads.length)
})

test('options that are inherited count, as for every function of Node', async () => {
  class Configuration {
    readonly transport = 'node'
    get port() {
      return 70_000
    }
  }
  await expect(serve(new Configuration())).rejects.toThrow(
    'port must be an integer from 0 to 65535, got 70000 (number)',
  )
})

test('an option without a check does not compile, nor one whose check has another type', () => {
  interface Options {
    readonly one?: string
    readonly two?: 'a' | 'b'
  }
  const one = optional(text())
  // @ts-expect-error `two` is missing.
  const missing = { one } satisfies Table<Options>
  // @ts-expect-error Any string is more than 'a' or 'b'.
  const wider = { one, two: one } satisfies Table<Options>
  expect([missing, wider]).toHaveLength(2)
})

describe('the programs refuse what their functions refuse, as wrong usage', () => {
  const programs: Readonly<Record<string, (words: string[]) => Promise<number>>> = {
    tcpserver,
    tcpclient: (words) => tcpclient(words, 'tcpclient', 'required'),
    'hs-load': hsLoad,
  }
  test.each([
    ['tcpserver 65536', 'port must be an integer from 0 to 65535, got "65536"'],
    ['tcpserver 0 --host ""', '--host must be a name or an address, got ""'],
    ['tcpserver 0 --timeout 0s', '--timeout must be a duration of more than 0, got "0s"'],
    [`tcpserver 0 --timeout ${'9'.repeat(400)}h`, '--timeout must be a duration such as 500ms or 5s, got "9'],
    ['tcpserver 0 --max-connections 0', '--max-connections must be an integer of at least 1, got "0"'],
    ['tcpserver 0 --strategy threads --threads 1025', '--threads must be an integer from 1 to 1024, got "1025"'],
    ['tcpserver 0 --strategy threads --at-once 0', '--at-once must be an integer of at least 1, got "0"'],
    ['tcpclient localhost 0 5', 'port must be an integer from 1 to 65535, got "0"'],
    ['tcpclient "a b" 9 5', 'host must be a name or an address, got "a b"'],
    [
      'tcpclient localhost 9 9007199254740990',
      'sequence must be an integer from -9007199254740991 to 9007199254740989',
    ],
    ['tcpclient localhost 9 5 --timeout 0ms', '--timeout must be a duration of more than 0, got "0ms"'],
    ['hs-load localhost:9 --rate 0', '--rate must be a number of more than 0, got "0"'],
    ['hs-load localhost:9 --timeout 0s', '--timeout must be a duration of more than 0, got "0s"'],
    ['hs-load localhost:9 --concurrency 1000001', '--concurrency must be an integer from 1 to 1000000'],
    ['hs-load localhost:9 --seed 4294967296', '--seed must be an integer from 0 to 4294967295'],
  ])('%s', async (line, message) => {
    const [program, ...words] = line.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ''))
    const { status, stdout, stderr } = await printedBy(() => programs[program!]!(words))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

/** The refusal of one value: of the right class, with Node's code, and a message for the one who wrote the call. */
async function refusal(promise: Promise<unknown>, name: string, value: unknown, kind: ErrorConstructor): Promise<void> {
  const error = await promise.then(
    () => expect.unreachable(`${name} ${String(value)} was accepted`),
    (error: Error & { code?: string }) => error,
  )
  const codes = kind === TypeError ? /^ERR_INVALID_ARG_(TYPE|VALUE)$/ : /^ERR_(OUT_OF_RANGE|INVALID_ARG_VALUE)$/
  expect(error, `${name} ${String(value)}`).toBeInstanceOf(kind)
  expect(error.code).toMatch(codes)
  expect(error.message).toMatch(new RegExp(`^"?${name}\\b.* (must be .*, got .|is not one of )`))
  if (typeof value === 'number') expect(error.message).toContain(`got ${value} (number)`)
  if (value === null) expect(error.message).toContain('got null')
}

async function closing(options: never): Promise<void> {
  const server = await serve({ port: 0, transport: 'node' })
  try {
    await server.close(options)
  } finally {
    await server.close()
  }
}

function named(names: string, types: readonly unknown[], values: readonly unknown[]) {
  return Object.fromEntries(names.split(' ').map((name) => [name, { types, values }]))
}

function numbers(): readonly unknown[] {
  return [null, '', '9000', '/tmp/socket', true, 5n, {}, [], [5], () => 5, Symbol('5'), new Date()]
}

function texts(): readonly unknown[] {
  return [null, 5, NaN, true, {}, [], ['a'], () => 'a', Symbol('a')]
}

function printWith(changed: object): object {
  return { program: 'x', format: 'plain', errors: 'stdout', ...changed }
}

test.each([undefined, null, 'node', {}, Promise.resolve(nodeTransport())])(
  'wrapTransport may not return %o, which would leave its gate out',
  async (returned) => {
    await expect(serve({ port: 0, wrapTransport: () => returned as never })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/^what wrapTransport returns must be a transport \(/),
    })
  },
)
