/** The single executables, alone in a folder, on a machine whose path is empty. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, run, startServer } from '../test/programs.js'

let folder: string
/** Nothing of this machine's surroundings, its path included. */
const alone = (program: string) => `exec env -i PATH= ./${program}`

beforeAll(async () => {
  const { status, stderr } = await run('npx pnpm executables')
  expect(status, stderr).toBe(0)
  folder = mkdtempSync(join(tmpdir(), 'hs-executables-'))
  cpSync(join(ROOT, 'dist/executables'), folder, { recursive: true })
})
afterAll(() => {
  if (folder) rmSync(folder, { recursive: true, force: true })
})

test('there are two, and nothing beside them', () => {
  expect(readdirSync(folder).sort()).toEqual(['tcpclient', 'tcpserver'])
})

describe.each([
  ['sequential', '1 thread, transport node'],
  ['events', '1 thread, transport node'],
  ['threads --threads 2', '2 threads, transport node, transfer'],
])('tcpserver --strategy %s', (strategy, crew) => {
  test('serves tcpclient', async () => {
    const server = await startServer(`${alone('tcpserver')} 0 --strategy ${strategy}`, { cwd: folder })
    let client: Awaited<ReturnType<typeof run>>
    try {
      client = await run(`${alone('tcpclient')} 127.0.0.1 ${server.port} 5`, { cwd: folder })
    } finally {
      await server.stop()
    }
    expect(client).toEqual({ status: 0, stdout: 'HELLO 6\n', stderr: '' })
    expect(server.output.stdout).toBe('HELLO 5\nHELLO 7\n')
    expect(server.output.stderr).toContain(crew)
  })
})

test.each(['tcpclient', 'tcpserver'])('%s explains itself, which takes the other parser', async (program) => {
  const { status, stdout } = await run(`${alone(program)} --help`, { cwd: folder })
  expect(status).toBe(0)
  expect(stdout).toContain(`${program} <`)
})

test('tcpserver says why it has no Linux transport', async () => {
  const { status, stderr } = await run(`${alone('tcpserver')} 0 --transport linux`, { cwd: folder })
  expect(status).toBe(1)
  expect(stderr).toContain('a single executable carries no native code')
})
