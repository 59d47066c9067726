/**
 * `tcpclient` and `tcpserver` as single files for machines without Node, `npx pnpm executables`: each is the Node that
 * runs this, with the program inside. They come into `dist/executables`.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Options } from 'tsup'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'dist/executables')
const BUILD = join(FOLDER, 'build')

/** By this name, an executable finds what was put into it; Node gives it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** How a module names a file that stands beside it. */
const BESIDE = /new URL\(\s*(?:\/\*.*?\*\/\s*)?"\.\/(thread|adopt|gate)\.js",\s*import\.meta\.url\s*\)/g

/** How the Linux transport is loaded where it is installed: hidden from bundlers, and found beside the executable. */
const CHOSEN = /import\(\s*\/\*.*?\*\/\s*name\s*\)/g

const common: Options = {
  config: false,
  outDir: BUILD,
  target: 'node20',
  silent: true,
  minify: true,
  treeshake: true,
  noExternal: [/./],
}

/** What stands for `@hs/transport-linux`: its FFI is native code. Without it, a server takes node:net. */
const NO_LINUX = `export function linuxTransport() {
  const message = 'The Linux transport cannot be used here: a single executable carries no native code'
  throw Object.assign(new Error(message), { code: 'ERR_HS_TRANSPORT_UNAVAILABLE' })
}`

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(BUILD, { recursive: true })

// What runs in a worker thread is a module of its own, wherever it comes from. Here it comes from an address with all of
// it inside, without a file.
await build({
  ...common,
  entry: {
    thread: join(ROOT, 'packages/server-core/dist/thread.js'),
    adopt: join(ROOT, 'packages/transport/dist/adopt.js'),
    gate: join(ROOT, 'packages/operations/dist/gate.js'),
  },
  format: 'esm',
  splitting: false,
})
await build({
  ...common,
  entry: {
    tcpclient: join(ROOT, 'apps/cli-client/src/tcpclient.ts'),
    tcpserver: join(ROOT, 'apps/cli-server/src/tcpserver.ts'),
  },
  format: 'cjs',
  outExtension: () => ({ js: '.cjs' }),
  define: { 'import.meta.url': 'executable' },
  banner: { js: "const executable = require('node:url').pathToFileURL(process.execPath).href" },
  esbuildPlugins: [
    {
      name: 'nothing-is-beside-an-executable',
      setup(build) {
        build.onResolve({ filter: /^@hs\/transport-linux$/ }, ({ path }) => ({ path, namespace: 'absent' }))
        build.onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: NO_LINUX }))
        build.onLoad({ filter: /\/packages\/(server-core|transport|operations)\/dist\/.*\.js$/ }, ({ path }) => ({
          contents: readFileSync(path, 'utf8').replace(BESIDE, inside).replace(CHOSEN, 'import("@hs/transport-linux")'),
        }))
      },
    },
  ],
})

for (const program of ['tcpclient', 'tcpserver']) {
  const at = (file: string) => join(BUILD, file)
  const config = { main: at(`${program}.cjs`), output: at(`${program}.blob`), disableExperimentalSEAWarning: true }
  writeFileSync(at(`${program}.json`), JSON.stringify(config))
  run(process.execPath, ['--experimental-sea-config', at(`${program}.json`)])

  const executable = join(FOLDER, process.platform === 'win32' ? `${program}.exe` : program)
  copyFileSync(process.execPath, executable)
  chmodSync(executable, 0o755)
  const isMac = process.platform === 'darwin'
  if (isMac) run('codesign', ['--remove-signature', executable])
  const segment = isMac ? ['--macho-segment-name', 'NODE_SEA'] : []
  const inject = [executable, 'NODE_SEA_BLOB', config.output, '--sentinel-fuse', FUSE, ...segment]
  run(process.execPath, [join(ROOT, 'node_modules/postject/dist/cli.js'), ...inject])
  if (isMac) run('codesign', ['--sign', '-', executable])
  console.log(executable)
}
rmSync(BUILD, { recursive: true })

/** Runs a tool; what it prints is shown only if it fails, since postject warns of sections that are of no concern. */
function run(tool: string, args: readonly string[]): void {
  execFileSync(tool, args, { stdio: 'pipe' })
}

function inside(_match: string, name: string): string {
  const module = readFileSync(join(BUILD, `${name}.js`)).toString('base64')
  return `new URL("data:text/javascript;base64,${module}")`
}
