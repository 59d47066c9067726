/** A whole release and a second one, published to a registry of its own, and used as users use it. */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readText } from '../test/markdown.js'
import { NODES as OURS } from '../test/nodes/nodes.js'
import { ROOT, type RunningServer, run, startServer } from '../test/programs.js'
import { type Manifest, MOST_BYTES_OF_CLIENT, workspacePackages } from '../test/workspace.js'
import { copyCheckout, expectSuccess, offlineInstall } from './checkout.js'
import { type Registry, startRegistry, surroundingsOf } from './registry.js'

/** One Node of each line that `engines` promises. */
const NODES = OURS.map((node) => ({ node, version: execFileSync(node, ['--version']).toString().trim() }))
  // By version.
  .sort((a, b) => a.version.localeCompare(b.version))

const all = workspacePackages().map(({ manifest }) => manifest)
const published = all.filter((manifest) => !manifest.private).map(({ name }) => name)

let registry: Registry
/** A copy of the checkout: a release writes to it. */
let checkout: string
let maintainer: object
/** The versions of the release. */
let first: Record<string, string>

/** Third-party packages that ours need, and that `npx @hs/client` must not download. */
const THIRD_PARTIES = /^(hdr-histogram-js|pako|base64-js|loader)-/

beforeAll(async () => {
  registry = await startRegistry()
  await publishHistograms()
  maintainer = { ...surroundingsOf(registry), CI: 'true', TURBO_TELEMETRY_DISABLED: '1' }
  checkout = join(registry.folder, 'checkout')
  copyCheckout(checkout)
  await inCheckout(await offlineInstall())
  await inCheckout('git init --quiet --initial-branch main')
  await commit('Everything')
})
afterAll(async () => {
  if (!registry) return
  await registry.stop()
  rmSync(registry.folder, { recursive: true, force: true })
})

test('there is a Node of each line', () => {
  const lines = NODES.map(({ version }) => version.split('.')[0])
  if (process.arch === 'x64') expect(lines).toEqual(['v20', 'v22', 'v24', 'v26'])
})

test('nothing can leave this machine', async () => {
  expect(Object.keys(networkInterfaces())).toEqual(['lo'])
  // An address reserved for documentation.
  const code = await new Promise((resolve) => {
    connect(80, '192.0.2.1').on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  expect(code).toBe('ENETUNREACH')
})

describe('a release', () => {
  test('raises the versions, and writes the changelogs from the changesets', async () => {
    const before = versions()
    // Whatever waits for the next release, and a change of everything besides.
    writeChangeset(published, 'minor')
    await commit('A change')
    await inCheckout('changeset version')
    first = versions()
    for (const { folder, manifest } of workspacePackages()) {
      const { name } = manifest
      if (manifest.private) continue
      expect([raised(before[name]!, 'minor'), raised(before[name]!, 'major')], name).toContain(first[name])
      const changelog = readFileSync(join(checkout, folder, 'CHANGELOG.md'), 'utf8')
      expect(changelog).toMatch(new RegExp(`^# ${name}\n\n## ${first[name]}\n\n### M\\w+ Changes\n\n- \\S`))
    }
    expect(readdirSync(join(checkout, '.changeset')).sort()).toEqual(['README.md', 'changelog.js', 'config.json'])
    // Or the pipeline would stop at its first step.
    await inCheckout(await offlineInstall())
    await commit('A release')
  })

  test('can be packed, and used as CI does it, before anything is published', async () => {
    await inCheckout('pnpm build')
    await inCheckout(lineOfCi('pack', 'Pack'))
    const printed = await inCheckout(lineOfCi('use', 'Install and use'))
    expect(printed).toContain(`required: established\n${first['@hs/client']}\n`)
    expect(registry.fetched().filter((file) => !THIRD_PARTIES.test(file))).toEqual([])
    await inCheckout('rm -r user packed')
  })

  test('publishes all packages that are not private, and a tag for each', async () => {
    await inCheckout('pnpm release')
    for (const { name, private: stays } of all)
      expect(await registry.versions(name)).toEqual(stays ? [] : [first[name]])
    const tags = await inCheckout('git tag')
    expect(tags.trim().split('\n').sort()).toEqual(published.map((name) => `${name}@${first[name]}`).sort())
  })

  test('has nothing left to publish afterwards', async () => {
    expect(await inCheckout('pnpm release')).toMatch(/no unpublished/i)
  })
})

test('npx @hs/client fetches packages of ours only, and little of them', async () => {
  const server = await startServer(`exec '${process.execPath}' apps/cli-server/dist/tcpserver.js 0`)
  try {
    registry.fetched()
    const env = surroundingsOf(registry)
    const printed = await expectSuccess(`npx --yes @hs/client 127.0.0.1 ${server.port} 5`, { cwd: emptyFolder(), env })
    expect(printed).toBe('HELLO 6\n')
    const fetched: string[] = []
    const files = ['client', 'protocol', 'transport'].map((name) => `${name}-${first[`@hs/${name}`]}.tgz`)
    // The registry may say so after the program has ended.
    await expect.poll(() => fetched.push(...registry.fetched()), { timeout: 10_000 }).toBe(files.length)
    expect(fetched.sort()).toEqual(files)
    const sizes = fetched.map((file) => statSync(storedAt(file)).size)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MOST_BYTES_OF_CLIENT)
  } finally {
    await server.stop()
  }
})

describe('what koffi is needed for', () => {
  test('is left out where koffi cannot be had: the server runs on node:net', async () => {
    const folder = await install('@hs/cli-server')
    const server = await startServer('exec node_modules/.bin/tcpserver 0', {
      cwd: folder,
      env: surroundingsOf(registry),
    })
    const { status, stderr } = await server.stop()
    expect(stderr).toContain('transport node')
    expect(status).toBe(0)
  })

  test('comes with the server where it can be had', async () => {
    await publishKoffi()
    const folder = await install('@hs/cli-server')
    const server = await startServer('exec node_modules/.bin/tcpserver 0', {
      cwd: folder,
      env: surroundingsOf(registry),
    })
    try {
      expect(server.output.stderr).toContain('transport linux')
      const answered = await handshakeBy('npx --yes @hs/client', server.port, surroundingsOf(registry))
      expect(answered).toBe('HELLO 6\n')
    } finally {
      await server.stop()
    }
  })
})

describe.each(NODES)('on Node $version', ({ node, version }) => {
  let env: object
  let folder: string
  let server: RunningServer
  beforeAll(async () => {
    env = surroundingsOf(registry, node)
    folder = await install('@hs/client @hs/protocol @hs/server-core @hs/transport @hs/cli-server @hs/cli-client', env)
    server = await startServer('exec node_modules/.bin/tcpserver 0', { cwd: folder, env })
  })
  afterAll(() => server?.stop())

  test('it is this Node indeed', async () => {
    expect(await expectSuccess('node --version', { env })).toBe(`${version}\n`)
  })

  test('npx --yes @hs/client greets an installed server from an empty folder', async () => {
    expect(await handshakeBy('npx --yes @hs/client', server.port, env)).toBe('HELLO 6\n')
  })

  test('tcpclient does, too, and knows its options', async () => {
    const tcpclient = join(folder, 'node_modules/.bin/tcpclient')
    expect(await handshakeBy(`'${tcpclient}'`, server.port, env)).toBe('HELLO 6\n')
    expect(await expectSuccess(`'${tcpclient}' 127.0.0.1 ${server.port} 5 --count 2 --quiet`, { env })).toBe('')
  })

  test('import finds every package', async () => {
    const printed = await expectSuccess('node smoke.mjs', { cwd: folder, env })
    const threads = version.startsWith('v20.') ? 'ERR_HS_THREADS_UNSUPPORTED' : 'established'
    expect(printed.trim().split('\n').sort()).toEqual([
      'events: established',
      'sequential: established',
      `threads: ${threads}`,
    ])
  })

  test('require finds every package, without a warning', async () => {
    const { status, stdout, stderr } = await run('node smoke.cjs', { cwd: folder, env })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'required: established\n', stderr: '' })
  })
})

test.each([
  ['7', ROOT],
  ['6', join(ROOT, 'release')],
])('the published declarations type-check with TypeScript %s, nothing skipped', async (major, owner) => {
  const folder = await install('@hs/client @hs/protocol @hs/server-core @hs/transport @hs/transport-linux')
  const tsc = join(owner, 'node_modules/.bin/tsc')
  expect(await expectSuccess(`'${tsc}' --version`)).toContain(`Version ${major}.`)
  const options = '--noEmit --strict --target es2023 --lib es2023,esnext.disposable --types node'
  const types = `--typeRoots '${join(ROOT, 'node_modules/@types')}'`
  for (const resolution of ['--module nodenext', '--module esnext --moduleResolution bundler']) {
    await expectSuccess(`'${tsc}' ${options} ${types} ${resolution} types.ts`, { cwd: folder })
  }
})

describe('works with', () => {
  const release = join(ROOT, 'release/node_modules')
  const established = /^(\w+) on (node|linux): 5 6 7$/m

  /** The packages, and Linux sockets with them; the program of the folder is in `server.mjs`. */
  const installed = () => install('@hs/client @hs/server-core @hs/transport-linux @hs/transport @hs/protocol')
  const last = (text: string) => text.trim().split('\n').at(-1)!

  test.each([
    ['Bun', join(release, '@oven/bun-linux-x64/bin/bun'), ''],
    ['Deno', join(release, '@deno/linux-x64-glibc/deno'), 'run --allow-all --node-modules-dir=manual'],
  ])('%s, on its own sockets and never on those of Linux', async (name, program, args) => {
    if (process.arch !== 'x64') return
    const cwd = await installed()
    const env = surroundingsOf(registry)
    for (const strategy of ['events', 'sequential']) {
      const printed = await expectSuccess(`'${program}' ${args} server.mjs ${strategy}`, { cwd, env })
      expect(printed).toBe(`${strategy} on node: 5 6 7\n`)
    }
    expect(await expectSuccess(`'${program}' ${args} server.mjs events linux`, { cwd, env })).toMatch(
      new RegExp(`^ERR_HS_TRANSPORT_UNAVAILABLE: .*needs Node, and this is ${name} `),
    )
  })

  const esbuild = `'${release}/.bin/esbuild' server.mjs --bundle --platform=node --format=esm --outfile=bundled.mjs`
  const webpack = `'${process.execPath}' bundle.mjs '${release}' ./server.mjs ./bundled.mjs`

  test.each([
    ['esbuild', esbuild, `${esbuild} '--external:@hs/*'`],
    ['webpack', webpack, `${webpack} external`],
  ])('%s: a bundle serves events, and threads if @hs/server-core stays outside', async (_name, inside, outside) => {
    const cwd = await installed()
    const env = surroundingsOf(registry)
    const { status, stdout, stderr } = await run(inside, { cwd, env })
    expect(stdout + stderr).not.toContain('@hs/transport-linux')
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(await expectSuccess('node bundled.mjs events', { cwd, env })).toMatch(established)
    const threads = last(await expectSuccess('node bundled.mjs threads', { cwd, env }))
    if (!established.test(threads)) expect(threads).toMatch(/^ERR_\w+: .*(thread\.js|bundle)/)
    await expectSuccess(outside, { cwd, env })
    expect(await expectSuccess('node bundled.mjs threads', { cwd, env })).toMatch(established)
  })

  test('jest, with --experimental-vm-modules', async () => {
    const cwd = await installed()
    const options = `--config '{"testMatch":["**/jest.test.mjs"],"transform":{}}'`
    const env = { ...surroundingsOf(registry), NODE_OPTIONS: '--experimental-vm-modules' }
    const { status, stderr } = await run(`node '${release}/jest/bin/jest.js' ${options}`, { cwd, env })
    expect(stderr).toContain('1 passed')
    expect(status).toBe(0)
  })

  test.each(['7', '6'])('TypeScript %s without @types/node, nothing skipped; and in CommonJS', async (major) => {
    const cwd = await installed()
    const tsc = join(major === '7' ? ROOT : join(ROOT, 'release'), 'node_modules/.bin/tsc')
    const common = { noEmit: true, strict: true, skipLibCheck: false, target: 'es2023' }
    const types = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] }
    const lib = ['es2023', 'esnext.disposable', 'dom']
    cpSync(join(cwd, 'plain.ts'), join(cwd, 'commonjs.cts'))
    for (const [file, compilerOptions] of [
      ['plain.ts', { ...common, module: 'nodenext', lib, types: [] }],
      ['commonjs.cts', { ...common, ...types, module: 'nodenext' }],
      ['commonjs.cts', { ...common, ...types, module: 'commonjs', moduleResolution: 'bundler' }],
    ] as const) {
      writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
      await expectSuccess(`'${tsc}' -p .`, { cwd })
    }
  })
})

describe('a second release', () => {
  const second = () => Object.fromEntries(published.map((name) => [name, raised(first[name]!, 'minor')]))
  /** Of users who have the server, and the sockets of Linux beside it. */
  let folder: string
  beforeAll(async () => {
    folder = await install('@hs/server-core @hs/transport-linux @hs/client')
  })

  test.each([
    ['the server alone', ['@hs/server-core']],
    ['the sockets of Linux alone, which are an optional peer', ['@hs/transport-linux']],
    ['the protocol', ['@hs/protocol']],
  ])('raises all packages together for a patch of %s', async (_what, names) => {
    const file = writeChangeset(names, 'patch')
    await inCheckout('changeset status --output plan.json')
    const { releases } = JSON.parse(readFileSync(join(checkout, 'plan.json'), 'utf8')) as {
      releases: { name: string; type: string; newVersion: string }[]
    }
    rmSync(file)
    rmSync(join(checkout, 'plan.json'))
    const plan = releases.filter(({ type }) => type !== 'none').map(({ name, newVersion }) => [name, newVersion])
    const all = published.map((name) => [name, raised(first[name]!, 'patch')])
    expect(Object.fromEntries(plan)).toEqual(Object.fromEntries(all))
  })

  test('publishes every package in the new version, also for a minor of an optional peer', async () => {
    // Before 1.0 this is the step that leaves `^0.1.0`; an optional peer must not make more of it.
    writeChangeset(['@hs/transport-linux'], 'minor')
    await inCheckout('changeset version')
    expect(versions()).toEqual(second())
    await inCheckout(await offlineInstall())
    await commit('The second release')
    await inCheckout('pnpm release')
    for (const name of published) expect(await registry.versions(name)).toEqual([first[name], second()[name]])
  })

  test.each([
    'npm update',
    'npm install @hs/server-core@latest',
    'npm update',
    'npm install @hs/transport-linux@latest',
    'npm install @hs/client@latest',
  ])('can be installed over the first, in parts and whole: %s', async (command) => {
    const env = surroundingsOf(registry)
    const { status, stdout, stderr } = await run(command, { cwd: folder, env })
    expect(stdout + stderr).not.toContain('ERESOLVE')
    expect(status, stderr).toBe(0)
    await expectSuccess('npm ls --all', { cwd: folder, env })
    expect(await expectSuccess('node server.mjs events', { cwd: folder, env })).toMatch(/^events on \w+: 5 6 7$/m)
  })

  test('reaches those who ask for it', async () => {
    const env = surroundingsOf(registry)
    const tree = JSON.parse(await expectSuccess('npm ls --json', { cwd: folder, env })) as {
      dependencies: Record<string, { version: string }>
    }
    const found = Object.entries(tree.dependencies).map(([name, { version }]) => [name, version])
    const names = ['@hs/server-core', '@hs/transport-linux', '@hs/client']
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(names.map((name) => [name, second()[name]])))
    expect(await expectSuccess('npx --yes @hs/client --version', { cwd: emptyFolder(), env })).toBe(
      `${second()['@hs/client']}\n`,
    )
  })
})

/** Runs a command of a maintainer, with the programs that the checkout has brought along. */
function inCheckout(command: string): Promise<string> {
  const path = `PATH='${checkout}/node_modules/.bin':"$PATH"`
  return expectSuccess(`export ${path}; ${command}`, { cwd: checkout, env: maintainer })
}

/** What a step of the pipeline runs. */
function lineOfCi(job: string, name: string): string {
  const { jobs } = parse(readText('.github/workflows/ci.yml')) as {
    jobs: Record<string, { steps: { name?: string; run?: string }[] }>
  }
  return jobs[job]!.steps.find((step) => step.name === name)!.run!
}

function commit(message: string): Promise<string> {
  const author = '-c user.name=Rehearsal -c user.email=rehearsal@example.org'
  return inCheckout(`git add --all && git ${author} commit --quiet --message '${message}'`)
}

function writeChangeset(names: readonly string[], step: string): string {
  const file = join(checkout, '.changeset/rehearsed.md')
  writeFileSync(
    file,
    `---\n${names.map((name) => `'${name}': ${step}\n`).join('')}---\n\nA change for the rehearsal.\n`,
  )
  return file
}

/** The versions in the copy. */
function versions(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { folder, manifest } of workspacePackages()) {
    if (manifest.private) continue
    const { name, version } = JSON.parse(readFileSync(join(checkout, folder, 'package.json'), 'utf8')) as Manifest
    found[name] = version
  }
  return found
}

/** A version after a step. */
function raised(version: string, step: 'major' | 'minor' | 'patch'): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return { major: `${major + 1}.0.0`, minor: `${major}.${minor + 1}.0`, patch: `${major}.${minor}.${patch + 1}` }[step]
}

function emptyFolder(): string {
  return mkdtempSync(join(registry.folder, 'empty-'))
}

/** A folder of a user who has installed these packages, with the programs of `consumer` in it. */
async function install(names: string, env: object = surroundingsOf(registry)): Promise<string> {
  const folder = emptyFolder()
  cpSync(join(ROOT, 'release/consumer'), folder, { recursive: true })
  await expectSuccess(`npm install ${names}`, { cwd: folder, env })
  return folder
}

async function handshakeBy(client: string, port: number, env: object): Promise<string> {
  return await expectSuccess(`${client} 127.0.0.1 ${port} 5`, { cwd: emptyFolder(), env })
}

/** Where the registry keeps a file that it has served. */
function storedAt(file: string): string {
  const storage = join(registry.folder, 'registry/storage')
  const found = readdirSync(storage, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${file}`))
  return join(storage, found!)
}

/** Puts koffi into the registry as it is installed here: the package, and its part for this machine. */
async function publishKoffi(): Promise<void> {
  const koffi = realpathSync(join(ROOT, 'packages/transport-linux/node_modules/koffi'))
  await publishInstalled(join(koffi, `../@koromix/koffi-${process.platform}-${process.arch}`), koffi)
}

/** What the load generator keeps its times with, and what that needs. */
async function publishHistograms(): Promise<void> {
  const histograms = realpathSync(join(ROOT, 'packages/load/node_modules/hdr-histogram-js'))
  const needed = ['pako', 'base64-js', '@assemblyscript/loader'].map((name) => join(histograms, '..', name))
  await publishInstalled(...needed, histograms)
}

async function publishInstalled(...sources: readonly string[]): Promise<void> {
  for (const source of sources) {
    const copy = join(emptyFolder(), 'package')
    mkdirSync(copy)
    cpSync(source, copy, { recursive: true, dereference: true })
    await expectSuccess('npm publish --ignore-scripts', { cwd: copy, env: surroundingsOf(registry) })
  }
}
