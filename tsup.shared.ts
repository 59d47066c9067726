import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Options } from 'tsup'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** What every build has in common. Declarations come from tsc, which also type-checks. */
const common = {
  target: 'node20',
  treeshake: true,
  dts: false,
  define: { __VERSION__: JSON.stringify(version) },
  esbuildPlugins: [
    {
      // The slow half of the command line is a file of its own (see `yargs`), loaded on demand.
      name: 'yargs-stays-outside',
      setup(build) {
        build.onResolve({ filter: /\/yargs\.js$/ }, ({ kind }) =>
          kind === 'dynamic-import' ? { path: './yargs.js', external: true } : undefined,
        )
        // Third parties in a file of their own (see `bundled`).
        build.onResolve({ filter: /^\.\/prom\.js$/ }, () => ({ path: './prom.js', external: true }))
      },
    },
  ],
} satisfies Options

/** A library: one ES module per entry, what entries share in chunks. */
export function library(entry: Record<string, string>): Options {
  return {
    ...common,
    entry,
    format: 'esm',
    splitting: true,
    // Private to this workspace, so it travels inside whatever uses it.
    noExternal: ['@hs/command-line', '@hs/options', '@hs/supervise'],
  }
}

/**
 * A program that starts fast: one CommonJS file with all that its plain form needs, and `start.cjs`, which has it kept
 * compiled. The loader of ES modules alone takes 5 of the 40 ms that a one-liner lasts.
 */
export function program(name: string, file: string): Options[] {
  const inCommonJs = {
    ...common,
    format: 'cjs',
    outExtension: () => ({ js: '.cjs' }),
    banner: { js: '#!/usr/bin/env node' },
  } satisfies Options
  return [
    {
      ...inCommonJs,
      entry: { [name]: file },
      // The Linux transport is loaded where it is installed.
      noExternal: [/^@hs\/(?!transport-linux$)/],
      external: ['@hs/transport-linux'],
      esbuildPlugins: [...common.esbuildPlugins, FROM_SOURCES],
    },
    {
      ...inCommonJs,
      entry: { start: '../../packages/command-line/src/start.ts' },
      external: [`./${name}.cjs`],
      define: { __PROGRAM__: JSON.stringify(`./${name}.cjs`) },
    },
  ]
}

/** What each package carries in its build, as the checks of options, is in a program of several of them once. */
const FROM_SOURCES: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'from-sources',
  setup(build) {
    build.onResolve({ filter: /^@hs\// }, ({ path }) => {
      const [, name = '', entry = 'index'] = path.split('/')
      if (name === 'transport-linux') return undefined
      return { path: resolve('../../packages', name, 'src', `${entry}.ts`) }
    })
  },
}

/** A program with everything that it needs in one ES module, so that it can be copied to where nothing is installed. */
export function bundle(entry: Record<string, string>): Options {
  const [name] = Object.keys(entry)
  return {
    ...common,
    entry,
    format: 'esm',
    splitting: false,
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/./],
    banner: { js: '#!/usr/bin/env node' },
    esbuildPlugins: [...common.esbuildPlugins, licencesTravelAlong(`${name}.LICENSE.txt`)],
  }
}

/**
 * yargs with everything that it needs, in one file, so that `npx` fetches none of its 15 packages. Their licences ask
 * for their notices to travel along.
 */
export function yargs(): Options {
  return bundled('yargs', '../../packages/command-line/src/yargs.ts')
}

/** A module of third parties with everything that it needs, in one file, and their licences beside it. */
export function bundled(name: string, file: string): Options {
  return {
    ...common,
    entry: { [name]: file },
    format: 'esm',
    minify: true,
    noExternal: [/./],
    // CommonJS packages ask for what Node brings along.
    banner: {
      js: "import { createRequire as _require } from 'node:module'; const require = _require(import.meta.url);",
    },
    esbuildPlugins: [licencesTravelAlong(`${name}.LICENSE.txt`)],
  }
}

/** What runs in a browser, with everything that it needs, in one file, and styles. The first entry gives the licences their name. */
export function browser(entry: Record<string, string>): Options {
  const [name] = Object.keys(entry)
  return {
    ...common,
    entry,
    target: 'es2022',
    platform: 'browser',
    format: 'iife',
    outExtension: () => ({ js: '.js' }),
    minify: true,
    noExternal: [/./],
    esbuildPlugins: [licencesTravelAlong(`${name}.LICENSE.txt`)],
  }
}

function licencesTravelAlong(file: string): NonNullable<Options['esbuildPlugins']>[number] {
  return {
    name: 'licences-travel-along',
    setup(build) {
      build.initialOptions.metafile = true
      // All of them are in the file.
      build.initialOptions.legalComments = 'none'
      build.onEnd(({ metafile }) => {
        mkdirSync('dist', { recursive: true })
        writeFileSync(join('dist', file), licencesOf(Object.keys(metafile?.inputs ?? {})))
      })
    },
  }
}

/** The licences of the packages that these files belong to, each under the package's name. */
function licencesOf(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const texts = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    if (!file) throw new Error(`${name} has no licence that could travel along`)
    return `${name}@${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return texts.join('\n---\n\n')
}
