/**
 * A long run against one server process, `npx pnpm bench:soak [handshakes] [transport]`: a million handshakes by the C
 * load, in twenty steps. After each step the server comes to rest, and its memory and descriptors are printed. It fails
 * if a descriptor is left, or memory still grows in the second half.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compilePeers } from './compile.ts'
import { countDescriptors, memoryInUse } from './measure.ts'
import { startServer } from './server-process.ts'

const [handshakes = '1000000', transport = 'linux', strategy = 'events'] = process.argv.slice(2)
const STEPS = 20
const AT_ONCE = 64
/** What the garbage collector may keep for itself, and give back later. */
const SLACK_MB = 5

const { load } = await compilePeers()
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))
// Over the minutes V8 doubles the room for new objects, three times: as many megabytes, empty, which are not a leak.
const heap = ['--expose-gc', '--require', file('collect.cjs'), '--min-semi-space-size=16', '--max-semi-space-size=16']
await using server = await startServer(
  [process.execPath, ...heap, file('serve.js'), '0', strategy, transport],
  'ignore',
)

const perStep = Math.ceil(Number(handshakes) / STEPS)
const memory: number[] = []
const descriptors: number[] = []
for (let step = 1; step <= STEPS; step++) {
  const { stdout } = await promisify(execFile)(load!, ['127.0.0.1', `${server.port}`, `${AT_ONCE}`, `${perStep}`])
  const report = JSON.parse(stdout) as { handshakes: number; seconds: number }
  if (report.handshakes !== perStep) throw new Error(`only ${report.handshakes} of ${perStep} established: ${stdout}`)
  memory.push((await memoryInUse(server.pid)) / 1e6)
  descriptors.push(await countDescriptors(server.pid))
  const rate = Math.round(report.handshakes / report.seconds)
  console.log(
    `${step * perStep} handshakes: ${memory.at(-1)!.toFixed(1)} MB, ${descriptors.at(-1)} descriptors, ${rate} per second`,
  )
}

const middle = Math.max(...memory.slice(1, STEPS / 2))
const end = Math.max(...memory.slice(STEPS / 2))
const grown = [
  end > middle + SLACK_MB && `memory grew from ${middle.toFixed(1)} to ${end.toFixed(1)} MB`,
  descriptors.at(-1)! > descriptors[0]! && `descriptors grew from ${descriptors[0]} to ${descriptors.at(-1)}`,
].filter(Boolean)
for (const reason of grown) console.error(`FAILED: ${reason}`)
if (grown.length === 0) console.log('flat')
process.exitCode = grown.length > 0 ? 1 : 0
