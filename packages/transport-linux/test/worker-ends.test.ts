import { describe, expect, it } from 'vitest'
import { NODES } from '../../../test/nodes/nodes.js'
import { outputOf, Program } from '../../command-line/test/program.js'

const HERE = import.meta.dirname

// `node test/worker-ends/host.js` does more rounds, on any Node.
describe.each(NODES)('worker threads of %s', { timeout: 120_000 }, (node) => {
  it('take neither the process nor a descriptor with them, whatever they do and however they end', async () => {
    const { status, stdout, stderr } = await outputOf(new Program(node, [`${HERE}/worker-ends/host.js`, '1']))
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ ended: 24, leaks: [] })
    expect(status).toBe(0)
  })
})

const VITEST = `
  import { startVitest } from 'vitest/node'
  const options = { config: false, root: 'worker-ends', include: ['left-open.js'], pool: 'threads', watch: false }
  const vitest = await startVitest('test', [], options)
  await vitest.close()
`

it('a test that leaves a server open does not end the threads of vitest by a signal', {
  timeout: 120_000,
}, async () => {
  const program = new Program(process.execPath, ['--input-type=module', '--eval', VITEST], { cwd: HERE })
  const { status, stdout, stderr } = await outputOf(program)
  expect(stdout + stderr).toMatch(/Tests .*1 passed/)
  expect(status).toBe(0)
})
