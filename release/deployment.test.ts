/** What the Dockerfile does, done without an engine: its commands in a copy of the checkout, and then what it starts. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readText } from '../test/markdown.js'
import { run, startServer } from '../test/programs.js'
import { copyCheckout, expectSuccess, offlineInstall } from './checkout.js'

const text = readText('deploy/Dockerfile')
const all = (instruction: string) =>
  [...text.matchAll(new RegExp(`^${instruction} (.*)$`, 'gm'))].map(([, rest]) => rest!)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hs-image-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the release attaches a bill of materials that names what the server needs', async () => {
  const [, command] = /- run: (npx pnpm .* sbom .*) > \S+$/m.exec(readText('.github/workflows/release.yml'))!
  const { spdxVersion, packages } = JSON.parse(await expectSuccess(command!)) as {
    spdxVersion: string
    packages: { name: string; versionInfo: string }[]
  }
  expect(spdxVersion).toBe('SPDX-2.3')
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['@hs/cli-server', 'koffi']))
})

test('what its commands build serves, from what its last stage copies and nothing else', async () => {
  const cwd = join(folder, 'src')
  copyCheckout(cwd)
  const [fetch, install, ...rest] = all('RUN')
  expect(fetch).toBe('npx --yes pnpm@12.21.0 fetch')
  expect(install).toBe('npx --yes pnpm@12.21.0 install --frozen-lockfile --prefer-offline')
  // pnpm asks the registry about its policies, and continues without an answer.
  const env = { CI: 'true', pnpm_config_verify_deps_before_run: 'false', pnpm_config_fetch_retries: '0' }
  for (const command of [await offlineInstall(), ...rest]) {
    await expectSuccess(command.replace(' /app', ` '${folder}/built'`), { cwd, env })
  }
  for (const copied of all('COPY --from=build')) {
    const [from, to] = copied.split(' ').map((path) => path.replace(/^\/app/, ''))
    cpSync(join(folder, 'built', from!), join(folder, 'image', to!), { recursive: true, verbatimSymlinks: true })
  }
  rmSync(cwd, { recursive: true })
  rmSync(join(folder, 'built'), { recursive: true })

  const [, script] = JSON.parse(all('ENTRYPOINT')[0]!) as string[]
  const words = (JSON.parse(all('CMD')[0]!) as string[]).join(' ').replace('9000', '0').replace('9464', '0')
  const command = `exec '${process.execPath}' '${script!.replace('/app', `${folder}/image`)}' ${words}`
  const server = await startServer(command, { cwd: folder })
  try {
    expect(await run(`npx @hs/client 127.0.0.1 ${server.port} 5`)).toMatchObject({ status: 0, stdout: 'HELLO 6\n' })
    expect(server.output.stderr).toContain('transport linux')
  } finally {
    expect(await server.stop()).toMatchObject({ status: 0 })
  }
})
