/** Bundles with webpack: `bundle.mjs <node_modules> <entry> <output> [external]`. Fails on errors, and prints warnings. */
import { createRequire } from 'node:module'
import { basename, resolve } from 'node:path'

const [modules, entry, output, external] = process.argv.slice(2)
const webpack = createRequire(`${modules}/`)('webpack')
const settings = {
  mode: 'production',
  target: 'node20',
  entry,
  experiments: { outputModule: true },
  output: { path: resolve('.'), filename: basename(output), module: true, chunkFormat: 'module' },
  ...(external && { externals: /^@hs\//, externalsType: 'module' }),
}
webpack(settings, (error, stats) => {
  console.log(error ?? stats.toString({ all: false, errors: true, warnings: true }))
  process.exitCode = error || stats.hasErrors() ? 1 : 0
})
