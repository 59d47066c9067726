import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification, type Vitest } from 'vitest/node'

/**
 * What `pnpm test:fast` leaves out (`HS_LANE=fast`): everything that starts programs by the dozen, compiles, needs a
 * browser, worker threads or a network namespace, or computes for more than some seconds.
 */
const SLOW = [
  'apps/cli-client/test/*.test.ts',
  'apps/cli-server/test/*.test.ts',
  'bench/test/interop.test.ts',
  'packages/artillery-engine-hs/test/*.test.ts',
  'packages/client/test/{bin,gates,lookup}.test.ts',
  'packages/command-line/test/parse.test.ts',
  'packages/conformance/test/{cli,client-bench,engine,live}.test.ts',
  'packages/course/test/class.test.ts',
  'packages/live/test/program.test.ts',
  'packages/load/test/{cli,gates,gates-cli,load,page}.test.ts',
  'packages/operations/test/{server,supervision}.test.ts',
  'packages/protocol/test/vectors.test.ts',
  'packages/server-core/test/{breaking,linux,soak,strategies,thread-death,threads}.test.ts',
  'packages/transport-linux/test/*.test.ts',
  'test/{deployment,documentation,examples,manual,node-versions,orchestration,packages,pipelines,reference}.test.ts',
]

/** What only `pnpm test:nightly` runs (`HS_NIGHTLY=1`): compilers of six languages, a browser, attacks, hundreds of real clients. */
const NIGHTLY = [
  'apps/site/test/*.test.ts',
  'packages/course/test/{gradescope,hostile,student}.test.ts',
  'packages/live/test/{page,session}.test.ts',
]

/** What takes longest, longest first: one of these at the end would have one core wait for the other. */
const LONGEST = [
  'test/documentation.test.ts',
  'packages/conformance/test/live.test.ts',
  'packages/course/test/class.test.ts',
  'apps/cli-server/test/tcpserver.test.ts',
  'packages/transport-linux/test/linux.test.ts',
  'packages/load/test/page.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((file) => moduleId === join(import.meta.dirname, file))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

const { HS_LANE, HS_NIGHTLY } = process.env
const leftOut = [...(HS_LANE === 'fast' ? SLOW : []), ...(HS_NIGHTLY ? [] : NIGHTLY)]
/** How many files there are, and where they are run: no run that leaves something out looks like a whole one. */
const filesLeftOut = globSync(leftOut, { cwd: import.meta.dirname }).length
const LEFT_OUT = `; ${filesLeftOut} files only in ${HS_LANE === 'fast' ? 'test and ' : ''}test:nightly`

/** Chooses the files of the lane, and ends the run with the one line that pipelines read: `N passed, N failed`. */
export class CountReporter implements Reporter {
  /** Set unless only certain files were asked for. */
  #isWhole = false

  /** A project has its own list of what it excludes, and inherits none. */
  onInit(vitest: Vitest): void {
    this.#isWhole = leftOut.length > 0 && process.argv.slice(2).every((word) => word === 'run' || word.startsWith('-'))
    for (const { config } of vitest.projects) {
      const own = leftOut.map((pattern) => relative(config.root, join(import.meta.dirname, pattern)))
      // A list of its own: projects share that of the defaults. Copies of a mutation run that was stopped are not tests.
      config.exclude = [...config.exclude, '.stryker-tmp/**', ...own.filter((pattern) => !pattern.startsWith('..'))]
    }
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      count.failed += module.errors().length
    }
    const { passed, failed, skipped } = count
    const skips = skipped > 0 ? `, ${skipped} skipped` : ''
    console.log(`${passed} passed, ${failed} failed${skips}${this.#isWhole ? LEFT_OUT : ''}`)
  }
}

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'bench', 'test'],
    reporters: ['default', new CountReporter()],
    sequence: { sequencer: LongestFirst },
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
})
