/**
 * One of our servers as a process of its own: `node serve.js 0 events linux [--print] [--patient]`. Plain JavaScript, so
 * that its memory holds nothing but the server.
 */
import { serve, threads } from '@hs/server-core'

const [port, strategy, transport, ...flags] = process.argv.slice(2)

const server = await serve({
  port: Number(port),
  strategy: strategy === 'threads' ? threads({ threads: 2 }) : strategy,
  transport,
  ...(flags.includes('--print') && { print: { program: 'serve', format: 'plain', errors: 'stdout' } }),
  // For connections that say nothing and are many; otherwise the limits are those that users have.
  ...(flags.includes('--patient') && { timeoutMs: 3_600_000, maxConnections: 1_000_000 }),
})
console.error(`listening on ${server.address.port}`)
