/** The packages as users get them: packed, and looked at from outside. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf } from './markdown.js'
import { ROOT, run } from './programs.js'
import { importsOf, type Manifest, MOST_BYTES_OF_CLIENT, workspacePackages } from './workspace.js'

/**
 * The API, entry by entry: values, then types. Written by hand, so that nothing is added, renamed or lost by accident.
 * What is new here belongs into a changeset; what disappears breaks programs.
 */
const API: Readonly<Record<string, { readonly values: string; readonly types: string }>> = {
  '@hs/protocol': {
    values: `HelloDecoder HelloError PROTOCOL_DEFAULTS TERMINATORS clientHandshake encodeHello escapeBytes failureCodes
      isInitialSequence isPeerError isTerminator serverHandshake successor`,
    types: `Arithmetic DecodeFailure Decoded Effect FailureCode Handshake HandshakeResult HandshakeState HelloFailure
      Holding Input OutsideFailureCode ProtocolOptions Side Terminator`,
  },
  '@hs/transport': {
    values: `DEFAULT_PREFIX_MS DEFAULT_QUIET_MS Drive chooseTransport deadlinePassed formatEndpoint isShareable
      nodeTransport`,
    types: `AdoptLimits ChosenTransport Clock ConnectOptions Connection DriveObserver DropReason Endpoint ImportLinux ListenOptions
      Listener NameLookup NodeTransportOptions Outcome Patience Receiver Refusal Share ShareableListener Sharing Timer Timing Transport TransportModule TransportName`,
  },
  // Between packages of this repository, and in no documentation.
  '@hs/transport/internals': {
    values:
      'AcceptQueue AlarmClock DescriptorReserve PolledClock Slots connectBy descriptorLimit errorOf wrongDescriptor',
    types: '',
  },
  '@hs/transport/testing': {
    values: 'memoryPeers memoryTransport socketPeers transportSuite',
    types: 'MemoryConnection MemoryTransport MemoryTransportOptions Peer PeerServer Peers TransportSuiteOptions',
  },
  '@hs/transport-linux': { values: 'linuxTransport', types: 'LinuxTransportOptions' },
  '@hs/client': {
    values: 'DEFAULT_TIMEOUT_MS HelloError handshake randomSequence',
    types: 'FailureCode HandshakeOptions HandshakeReport HelloFailure',
  },
  '@hs/client/cli': { values: 'main', types: '' },
  '@hs/load': {
    values: `DEFAULT_CONCURRENCY DEFAULT_DURATION_MS DEFAULT_SILENT_MS DEFAULT_SLOW_MS DEFAULT_TIMEOUT_MS REPORT_SCHEMA
      REPORT_VERSION clientKinds failedOutcomes load`,
    types: `ClientKind Counts FailedOutcome HandshakeTrace Histograms Interval Latency LoadOptions LoadOutcome LoadReport
      LoadResult Mix Stage TargetReport TransportName`,
  },
  '@hs/load/cli': { values: 'main', types: '' },
  '@hs/server-core': {
    values: 'DEFAULT_GRACE_MS DEFAULT_MAX_CONNECTIONS DEFAULT_TIMEOUT_MS STRATEGIES events sequential serve threads',
    types: `CloseOptions ConcurrencyStrategy ConnectionEvent ConnectionOrigin Counters EventsOptions HelloServer
      PrintOptions ServeOptions ServerEvent StopReport StrategyName ThreadsOptions TransportName Work WhenBlocked`,
  },
  '@hs/conformance': {
    values: `REPORTER_NAMES checkClient checkMatrix checkServer judgeRecording listCases matrixPage parsePrograms
      parseRecording render`,
    types: `CaseDescription CaseProgress CaseResult CheckOptions CheckServerOptions ClientTarget Expectation FaultReport
      Kind Level MatrixOptions Nature Observation Profile Program Recording RenderOptions Report ReporterName Score
      ServerTarget Settings Step Verdict Visibility`,
  },
  '@hs/live': { values: 'live', types: 'Live LiveOptions Program Settings' },
  '@hs/server-core/testing': { values: 'strategySuite', types: 'StrategySetup StrategySuiteOptions' },
  '@hs/server-core/cli': { values: 'main', types: 'Extension ServerLife' },
  '@hs/operations': {
    values: `DEFAULT_HEADER_MS HandshakeMeter MAX_BINARY_BYTES MAX_LINE_BYTES Supervisor activatedSocket gated metrics
      parseProxyHeader serveMetrics`,
    types: 'EndpointOptions GateOptions Metrics MetricsEndpoint Observed PeerLimits ProxyHeader',
  },
  '@hs/operations/tcpserver': { values: 'operations', types: '' },
  'artillery-engine-hs': {
    values: 'default',
    types: 'Context Done Events Helpers ProcessorFunction Scenario Script Step',
  },
}

/** What each package may weigh, packed. A package that needs more raises its limit here. */
const MOST_BYTES: Readonly<Record<string, number>> = {
  // A fifth of it is vectors.json, for decoders in other languages.
  '@hs/protocol': 15_000,
  // The checks of options are in each of these: a private package, so that nothing of it is an API.
  // Half of it is the test kit.
  '@hs/transport': 36_000,
  '@hs/transport-linux': 32_000,
  // Not minified: a stack trace of a user has to name our functions.
  '@hs/client': 82_000,
  '@hs/server-core': 82_000,
  // Explanations of every fault in four languages, and yargs.
  '@hs/conformance': 160_000,
  // Most of it draws the page.
  '@hs/load': 190_000,
  // All that it needs in one file, and the starters.
  '@hs/course': 300_000,
  '@hs/live': 96_000,
  '@hs/cli-client': 69_000,
  // Most of it is prom-client.
  '@hs/operations': 60_000,
  'artillery-engine-hs': 12_000,
  '@hs/cli-server': 6_000,
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

const published = workspacePackages().filter(({ manifest }) => !manifest.private)
const names = new Set(published.map(({ manifest }) => manifest.name))
const packed = new Map<string, Packed>()
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hs-packed-'))
  for (const { folder: source, manifest } of published) {
    const { status, stdout, stderr } = await run(`pnpm pack --json --pack-destination '${folder}'`, {
      cwd: join(ROOT, source),
    })
    expect(status, stderr).toBe(0)
    packed.set(manifest.name, JSON.parse(stdout) as Packed)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file out of a packed package. */
function unpacked({ filename }: Packed, path: string): string {
  return execFileSync('tar', ['-xOzf', filename, `package/${path}`], { maxBuffer: 2 ** 24 }).toString()
}

describe.each(published)('$manifest.name', ({ folder: source, manifest }) => {
  const it = () => packed.get(manifest.name)!
  const packedManifest = () => JSON.parse(unpacked(it(), 'package.json')) as Manifest

  test('contains what was built and what is to be read, and nothing else', () => {
    const paths = it().files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    // With the programs come their pages of the manual, and what shells complete.
    const more = manifest.exports ? '' : 'man/\\w+\\.1|completions/\\w+\\.(bash|zsh)|'
    const expected = new RegExp(
      `^((?:dist|schema)/.*|vectors\\.json|${more}LICENSE|README\\.md|CHANGELOG\\.md|package\\.json)$`,
    )
    for (const path of paths) expect(path).toMatch(expected)
    expect(paths.filter((path) => /\.(map|tsbuildinfo)$|\.test\./.test(path))).toEqual([])
    // No source map, so none that points to sources which did not travel along.
    for (const path of paths) expect(unpacked(it(), path), path).not.toContain('sourceMappingURL')
  })

  test('weighs no more than it may', () => {
    expect(it().size).toBeLessThan(MOST_BYTES[manifest.name] ?? 0)
  })

  test('says what it is, under which licence, for which Node, and where it comes from', () => {
    expect(packedManifest()).toMatchObject({
      description: expect.stringMatching(/\w/),
      keywords: expect.arrayContaining(['handshake']),
      license: 'MIT',
      engines: { node: '>=20.19' },
      repository: { type: 'git', directory: source },
      publishConfig: { access: 'public' },
      // A bundler may leave out what a program does not use.
      ...(manifest.exports && { sideEffects: false }),
    })
  })

  test('begins its README with a block that runs', () => {
    const [first] = blocksOf(`${source}/README.md`)
    expect(first!.line).toBeLessThan(12)
    // What is mostly a program begins with its command, what is a library with its import.
    expect(first!.language).toBe(manifest.exports && first!.language !== 'sh' ? 'ts' : 'sh')
    // What is a part of another program is neither: it begins with its installation.
    const isPlugin = first!.flags.includes('install')
    expect(isPlugin || first!.language === 'ts' || manifest.bin !== undefined).toBe(true)
    expect(first!.text).toContain(manifest.name)
  })

  test('needs nothing that it does not declare', () => {
    const { name, dependencies, optionalDependencies, peerDependencies } = packedManifest()
    const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
    for (const { path } of it().files.filter(({ path }) => /^dist\/.*\.(d\.ts|js)$/.test(path))) {
      for (const specifier of importsOf(unpacked(it(), path))) {
        if (/^\.|^node:/.test(specifier) || builtinModules.includes(specifier)) continue
        const wanted = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
        expect([name, ...declared], `${path} imports ${specifier}`).toContain(wanted)
      }
    }
    // What the workspace calls them is replaced by versions.
    for (const range of Object.values({ ...dependencies })) expect(range).not.toContain('workspace:')
  })

  test('carries the licences of what travels inside it', () => {
    const paths = it().files.map(({ path }) => path)
    for (const [file, names] of Object.entries({
      yargs: ['yargs', 'yargs-parser', 'cliui'],
      'hs-course': ['ajv', 'fflate', 'toml-eslint-parser'],
      page: ['@observablehq/plot', 'd3-scale', 'd3-shape'],
      app: ['preact'],
      prom: ['prom-client', 'tdigest'],
    })) {
      if (!paths.some((path) => path === `dist/${file}.js` || path === `dist/${file}.mjs`)) continue
      const licences = unpacked(it(), `dist/${file}.LICENSE.txt`)
      for (const name of names) {
        expect(licences).toMatch(new RegExp(`^${name}@[\\d.]+\\n\\n[\\s\\S]*?Copyright`, 'm'))
      }
    }
  })

  test('is clean for publint', async () => {
    expect(await run(`publint run --strict '${it().filename}'`)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('All good!'),
    })
  })

  if (manifest.exports) {
    test('has declarations that TypeScript finds in each way of resolving', async () => {
      const { status, stdout } = await run(`attw --profile esm-only '${it().filename}'`)
      expect(status, stdout).toBe(0)
    })
  }

  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') continue
    const specifier = manifest.name + entry.slice(1)
    test(`${specifier} exports what it promises`, async () => {
      const promised = API[specifier]
      expect(promised, `${specifier} is missing in API`).toBeDefined()
      const { values, types } = exportsOf(readFileSync(join(ROOT, source, target.types), 'utf8'))
      expect(Object.keys(await import(specifier)).sort()).toEqual(words(promised!.values))
      expect(values).toEqual(words(promised!.values))
      expect(types).toEqual(words(promised!.types))
    })
  }
})

test('no entry is promised that does not exist', () => {
  const entries = published.flatMap(({ manifest: { name, exports = {} } }) =>
    Object.keys(exports).map((entry) => name + entry.slice(1)),
  )
  expect(entries).toEqual(expect.arrayContaining(Object.keys(API)))
})

test('npx @hs/client fetches nothing but packages of ours, and little of them', () => {
  const fetched = new Set<string>()
  const fetch = (name: string) => {
    expect(names).toContain(name)
    if (fetched.has(name)) return
    fetched.add(name)
    const { dependencies = {} } = JSON.parse(unpacked(packed.get(name)!, 'package.json')) as Manifest
    Object.keys(dependencies).forEach(fetch)
  }
  fetch('@hs/client')
  const bytes = [...fetched].reduce((sum, name) => sum + packed.get(name)!.size, 0)
  expect(bytes).toBeLessThan(MOST_BYTES_OF_CLIENT)
})

const words = (text: string) => text.split(/\s+/).filter(Boolean).sort()

/** The names that a declaration file exports. */
function exportsOf(declarations: string): { values: string[]; types: string[] } {
  const values: string[] = []
  const types: string[] = []
  for (const [, allTypes, list] of declarations.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const item of list!
      .split(',')
      .map((text) => text.trim())
      .filter(Boolean)) {
      const isType = allTypes !== undefined || item.startsWith('type ')
      const name = item
        .replace(/^type /, '')
        .split(' as ')
        .at(-1)!
      ;(isType ? types : values).push(name)
    }
  }
  for (const [, kind, name] of declarations.matchAll(/^export (?:declare )?(?:async )?(\w+) (\w+)/gm)) {
    if (kind === 'interface' || kind === 'type') types.push(name!)
    else values.push(kind === 'default' ? kind : name!)
  }
  return { values: values.sort(), types: types.sort() }
}
