import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification, type Vitest } from 'vitest/node'

const root = import.meta.dirname

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
  'packages/course/test/{class,pair,submission}.test.ts',
  'packages/live/test/program.test.ts',
  'packages/load/test/{cli,gates,gates-cli,load,page}.test.ts',
  'packages/operations/test/{server,supervision}.test.ts',
  'packages/protocol/test/vectors.test.ts',
  'packages/server-core/test/{breaking,linux,soak,strategies,thread-death,threads}.test.ts',
  'packages/transport-linux/test/*.test.ts',
  'test/{deployment,documentation,examples,manual,node-versions,orchestration,packages,pipelines,reference}.test.ts',
]

/**
 * What only `pnpm test:rest` runs, the second half of `pnpm check`: what takes minutes, and fails for a change in few
 * places. Live runs of faulty programs; server, checker and load as programs; a class that is graded; packages seen by
 * other tools; what documents say; many threads. After a change of one of these, run it by name.
 */
const REST = [
  'apps/cli-server/test/*.test.ts',
  'packages/conformance/test/{cli,live}.test.ts',
  'packages/course/test/class.test.ts',
  'packages/load/test/{cli,gates-cli,page}.test.ts',
  'packages/server-core/test/{linux,threads}.test.ts',
  'packages/transport-linux/test/worker-ends.test.ts',
  'test/{documentation,packages}.test.ts',
]

/** What only `pnpm test:nightly` runs: compilers of six languages, a browser, attacks, hundreds of real clients. */
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
      const at = LONGEST.findIndex((file) => moduleId === join(root, file))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

const filesOf = (patterns: readonly string[]) => globSync(patterns, { cwd: root })
const rest = filesOf(REST)
const nightly = filesOf(NIGHTLY)
const slow = filesOf(SLOW).filter((file) => !rest.includes(file))

/** What each lane leaves out. Each file is run by `test`, by `test:rest` or by `test:nightly`, and by one of them only. */
const others = filesOf(['{packages,apps}/*/test/*.test.ts', '{bench/,}test/*.test.ts']).filter(
  (file) => ![...rest, ...nightly].includes(file),
)
const LANES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  fast: { test: slow, 'test:rest': rest, 'test:nightly': nightly },
  test: { 'test:rest': rest, 'test:nightly': nightly },
  rest: { test: others, 'test:nightly': nightly },
  nightly: { test: others, 'test:rest': rest },
}
const { HS_LANE } = process.env
const lane = LANES[HS_LANE ?? 'test']!

/** Chooses the files of the lane, and ends the run with the one line that pipelines read: `N passed, N failed`. */
export class CountReporter implements Reporter {
  /** Set unless only certain files were asked for. */
  #isWhole = false

  /** A project has its own list of what it excludes, and inherits none. */
  onInit(vitest: Vitest): void {
    this.#isWhole = process.argv.slice(2).every((word) => word === 'run' || word.startsWith('-'))
    // Files that are asked for are run, whichever lane has them, but not by night.
    const leftOut = this.#isWhole || HS_LANE ? Object.values(lane).flat() : nightly
    for (const { config } of vitest.projects) {
      const own = leftOut.map((file) => relative(config.root, join(root, file)))
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
    // No run that leaves something out looks like a whole one.
    const elsewhere = Object.entries(lane).map(([script, files]) => `; ${files.length} files only in ${script}`)
    console.log(`${passed} passed, ${failed} failed${skips}${this.#isWhole ? elsewhere.join('') : ''}`)
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
