/** Records the demo of the first page again, on real sockets: `npx pnpm --filter @hs/site record`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { live } from '@hs/live'

/** What the clients do, and for how many seconds. */
const SCENES = [
  [4, { do: 'set', rate: 2, thinkMs: 500 }],
  [9, { do: 'clients', kind: 'stalled', count: 1 }],
  [4, { do: 'set', rate: 0 }],
  [9, { do: 'clients', kind: 'slow', count: 24 }],
] as const

const folder = mkdtempSync(join(tmpdir(), 'hs-demo-'))
const record = join(folder, 'run.hslive')
const page = await live({ record, timeoutMs: 7000, settings: { rate: 0 } })
// Clients arrive only while a page is open.
const open = await fetch(`${page.url}events`)
const drained = open.body!.pipeTo(new WritableStream()).catch(() => {})
for (const [seconds, command] of SCENES) {
  const { ok } = await fetch(`${page.url}command`, { method: 'POST', body: JSON.stringify(command) })
  if (!ok) throw new Error(`refused: ${JSON.stringify(command)}`)
  await wait(seconds * 1000)
}
await page[Symbol.asyncDispose]()
await drained
const text = readFileSync(record, 'utf8')
rmSync(folder, { recursive: true })
const file = join(import.meta.dirname, 'demo.hslive.gz')
writeFileSync(file, gzipSync(text, { level: 9 }))
console.log(`${file}: ${text.length} bytes, ${text.split('\n').length} lines`)
