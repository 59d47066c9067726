/**
 * One of our servers as a process of its own: `node serve.js 0 events linux [--print] [--patient]`; `threads` is two
 * of them, `threads:4` four. Plain JavaScript, so that its memory holds nothing but the server.
 */
import { serve, threads } from '@hs/server-core'

const [port, strategy, transport, ...flags] = process.argv.slice(2)

const [name, number = 2] = strategy.split(':')

const server = await serve({
  port: Number(port),
  strategy: name === 'threads' ? threads({ threads: Number(number) }) : name,
  transport,
  ...(flags.includes('--print') && { print: { program: 'serve', format: 'plain', errors: 'stdout' } }),
  // For connections that say nothing and are many; otherwise the limits are those that users have.
  ...(flags.includes('--patient') && { timeoutMs: 3_600_000, maxConnections: 1_000_000 }),
})
console.error(`listening on ${server.address.port}`)
