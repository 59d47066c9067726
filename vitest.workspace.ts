import { defineConfig } from 'vitest/config'
import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with the one line that pipelines read: `N passed, N failed`. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      count.failed += module.errors().length
    }
    console.log(
      `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`,
    )
  }
}

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'bench', 'test'],
    reporters: ['default', new CountReporter()],
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
})
