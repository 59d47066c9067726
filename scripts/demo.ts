/**
 * The main job, for people who want to see it: starts a server on a free port, runs a client against it, shows what
 * both print while they print it, and ends everything. `npx pnpm demo [strategy]`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const strategy = process.argv[2] ?? 'events'

const server = start('server', 'apps/cli-server/dist/tcpserver.js', ['0', '--strategy', strategy], (line) => {
  const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1]
  if (port) void greet(port)
})
await server.ended

async function greet(port: string): Promise<void> {
  const client = start('client', 'apps/cli-client/dist/tcpclient.cjs', ['127.0.0.1', port, '5', '--verbose'])
  await client.ended
  server.child.kill('SIGINT')
}

/** Runs one of the built programs, and shows each of its lines with its name before it. */
function start(name: string, file: string, args: readonly string[], onLine?: (line: string) => void) {
  console.log(`$ ${file.replace(/^.*\/|\.\w+$/g, '')} ${args.join(' ')}`)
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const channel of ['stdout', 'stderr'] as const) {
    createInterface(child[channel]).on('line', (line) => {
      console.log(`${name} ${channel} | ${line}`)
      onLine?.(line)
    })
  }
  const ended = once(child, 'close').then(([status, signal]) => {
    console.log(`${name} ended with exit status ${status ?? signal}`)
    // The first that fails decides.
    process.exitCode ||= status ?? 1
  })
  return { child, ended }
}
