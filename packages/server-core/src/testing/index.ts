/** For tests of an own strategy. The suite is tests of vitest. */
export { type StrategySetup, type StrategySuiteOptions, strategySuite } from './strategy-suite.js'
