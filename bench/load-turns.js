/**
 * `@hs/load` as a process of its own that has turns: `node load-turns.js PORT CONCURRENCY`. For each number of handshakes
 * that it reads on stdin, it does that many and prints one line of JSON.
 */
import { createInterface } from 'node:readline'
import { load } from '@hs/load'

const [port, concurrency] = process.argv.slice(2).map(Number)

for await (const line of createInterface({ input: process.stdin })) {
  const { report } = await load({
    targets: [{ host: '127.0.0.1', port }],
    transport: 'linux',
    concurrency,
    count: Number(line),
    check: false,
  })
  const { started, established, durationMs } = report
  console.log(JSON.stringify({ seconds: durationMs / 1000, errors: started - established }))
}
