import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Contestant } from '../contestants.ts'

const run = promisify(execFile)

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const BUILT = local('../build/league')

/** Where Debian's librust-*-dev packages put the sources of crates: no registry is asked. */
const CRATES = [
  '--config=source.crates-io.replace-with="debian"',
  '--config=source.debian.directory="/usr/share/cargo/registry"',
]

/** What a user could take instead. Each is written as its own community would write it, and does less than ours. */
const PEERS = [
  {
    name: 'Rust tokio',
    needs: 'cargo and librust-tokio-dev',
    build: ['cargo', 'build', '--release', '--offline', '--quiet', ...CRATES, `--target-dir=${BUILT}/tokio`],
    cwd: local('peers/tokio'),
    command: [`${BUILT}/tokio/release/server`, '0'],
  },
  {
    name: 'Bun.listen',
    needs: 'the npm package bun',
    build: ['npx', 'pnpm', '--dir', local('.'), 'install', '--frozen-lockfile', '--silent'],
    command: [local('node_modules/.bin/bun'), local('peers/server-bun.js'), '0'],
  },
  {
    name: 'Go',
    needs: 'golang-go',
    build: ['go', 'build', '-o', `${BUILT}/go`, local('peers/server.go')],
    command: [`${BUILT}/go`, '0'],
  },
  {
    name: 'Java NIO',
    needs: 'default-jdk-headless',
    build: ['javac', '-d', BUILT, local('peers/Server.java')],
    command: ['java', '-cp', BUILT, 'Server', '0'],
  },
  {
    name: 'Python asyncio',
    needs: 'python3',
    build: ['python3', '--version'],
    command: ['python3', local('peers/server.py'), '0'],
  },
] as const

/** Builds the peers. One that cannot be built is left to be reported as absent when it cannot start. */
export async function buildLeague(note: (text: string) => void): Promise<Contestant[]> {
  await mkdir(BUILT, { recursive: true })
  const built: Contestant[] = []
  for (const { name, needs, build, command, ...rest } of PEERS) {
    note(`building ${name}`)
    const [program, ...words] = build
    try {
      await run(program, words, rest)
    } catch (error) {
      note(`${name} cannot be built (it needs ${needs}): ${(error as Error).message.split('\n')[0]}`)
    }
    built.push({ workload: 'many', name, ours: false, optional: true, command })
  }
  return built
}
