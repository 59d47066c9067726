/** Programs of operators, and servers of ours, started for one test and ended with it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { readText } from '../../test/markdown.js'
import { ROOT } from '../../test/programs.js'

export const TCPSERVER = join(ROOT, 'apps/cli-server/dist/tcpserver.js')
export const HS_LOAD = join(ROOT, 'packages/load/dist/bin.js')
const HS_CLIENT = join(ROOT, 'packages/client/dist/bin.cjs')

export interface Running {
  readonly child: ChildProcess
  readonly output: Readonly<{ stdout: string; stderr: string }>
  readonly ended: Promise<number | null>
}

/** Starts a program; what is left of it at the end of the test is killed. */
export function start(program: string, args: readonly string[], env: object = {}): Running {
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const output = { stdout: '', stderr: '' }
  for (const channel of ['stdout', 'stderr'] as const) {
    child[channel]!.setEncoding('utf8').on('data', (text: string) => {
      output[channel] += text
    })
  }
  const ended = once(child, 'close').then(([status]) => status as number | null)
  onTestFinished(async () => {
    child.kill('SIGTERM')
    const limit = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(limit)
  })
  return { child, output, ended }
}

/** Starts a server of ours, and waits until it listens. */
export async function startServer(args: readonly string[], env: object = {}): Promise<Running & { port: number }> {
  const running = start(process.execPath, [TCPSERVER, ...args], env)
  const announced = () =>
    /listening on \S*:(\d+) |"type":"listening".*?"port":(\d+)/.exec(running.output.stdout + running.output.stderr)
  await expect.poll(announced, { timeout: 30_000 }).not.toBeNull()
  const [, plain, json] = announced()!
  return { ...running, port: Number(plain ?? json) }
}

/** A handshake with a program of ours. @returns Its exit status. */
export async function handshake(port: number, ...args: readonly string[]): Promise<number | null> {
  return await start(process.execPath, [HS_CLIENT, '127.0.0.1', String(port), '5', '--quiet', ...args]).ended
}

/** Ports that nothing listens on at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hs-operate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A file of the repository with other ports, as a file of the test. */
export function withPorts(
  file: string,
  ports: Readonly<Record<string, number>>,
  more = (text: string) => text,
): string {
  const text = readText(file).replace(/\b\d{4}\b/g, (port) => String(ports[port] ?? port))
  const copy = join(temporaryFolder(), file.replaceAll('/', '-'))
  writeFileSync(copy, more(text))
  return copy
}
