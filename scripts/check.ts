/**
 * Everything that CI checks, `npx pnpm check`. Each step runs, also after one that failed, so that one run tells all.
 * The last line counts steps and tests together: `N passed, N failed`. The line before it says how many tests were skipped,
 * if this machine lacks something that they need.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const STEPS = [
  ['format and lint', 'biome ci .'],
  ['commit subjects', 'node scripts/commits.ts'],
  ['words', 'node scripts/prose.ts'],
  // Type-checks the sources, too: declarations are made by tsc.
  ['build', 'turbo run build --output-logs=errors-only'],
  ['types of tests, examples and scripts', 'tsc'],
  ['unused files, exports and dependencies', 'knip'],
  // The command of the README.
  ['tests', 'npx --yes pnpm@12.21.0 test'],
  ['the rest of the tests', 'pnpm test:rest'],
] as const

const failed: string[] = []
const count = { passed: 0, failed: 0, skipped: 0 }

for (const [name, command] of STEPS) {
  console.log(`\n== ${name}: ${command}`)
  const { status, output } = await run(command)
  if (status !== 0) failed.push(name)
  const tests = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/gm)].at(-1)
  count.passed += Number(tests?.[1] ?? 0) + (status === 0 ? 1 : 0)
  count.failed += Number(tests?.[2] ?? 0) + (status === 0 ? 0 : 1)
  count.skipped += Number(tests?.[3] ?? 0)
}

const skipped = count.skipped > 0 ? `; ${count.skipped} tests skipped` : ''
console.log(`\n${failed.length > 0 ? `Failed: ${failed.join('; ')}` : 'All steps passed'}${skipped}`)
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = failed.length > 0 ? 1 : 0

/** Runs a command, shows what it prints, and keeps its stdout. */
async function run(command: string): Promise<{ status: number | null; output: string }> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
    process.stdout.write(chunk)
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, output }
}
