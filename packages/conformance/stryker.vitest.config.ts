import { mergeConfig } from 'vitest/config'
import project from './vitest.config.js'

/** What judges the mutants of the judges. That cases alone are judged alike takes five times as long as all the rest. */
export default mergeConfig(project, {
  test: { include: ['test/{attribute,golden,replay}.test.ts'], testNamePattern: '^(?!.*for each case alone)' },
})
