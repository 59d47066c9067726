/**
 * The release rehearsal, `npx pnpm rehearse`: installs what only it needs, then runs the tests of this folder in a
 * network namespace that has loopback and nothing else. Whatever they publish, nothing can leave the machine.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

if (process.platform !== 'linux') {
  console.error('The rehearsal needs network namespaces, which only Linux has.')
  process.exit(1)
}

run('npx', ['pnpm', 'install', '--frozen-lockfile', '--silent'], 'release')

// A user other than root becomes root inside a user namespace, if the system allows that.
const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
const inside = 'ip link set lo up && exec node_modules/.bin/vitest run --config release/vitest.config.ts "$@"'
run('unshare', ['--net', ...asRoot, 'sh', '-c', inside, 'sh', ...process.argv.slice(2)], '.')

function run(program: string, args: readonly string[], folder: string): void {
  const { status, error } = spawnSync(program, args, {
    cwd: `${root}/${folder}`,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) console.error(`${program}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}
