import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { outputOf, Program } from '../../command-line/test/program.js'

it('a short soak, which is long enough to know that the long one works, finds nothing that grows', async () => {
  const script = fileURLToPath(new URL('./soak.ts', import.meta.url))
  const { status, stdout } = await outputOf(new Program(process.execPath, [script, '1000']))
  expect(stdout).toMatch(/^sequential on node: 1000 handshakes and 200 faults in [\d.]+ s$/m)
  expect(stdout.match(/^ {2}descriptors( \d+){10}$/gm)!.length).toBeGreaterThanOrEqual(3)
  expect(stdout).not.toContain('FAILED')
  expect(status).toBe(0)
}, 30_000)
