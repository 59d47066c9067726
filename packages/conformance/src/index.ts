export { type CaseDescription, listCases } from './catalog.js'
export { type ClientTarget, checkClient } from './check-client.js'
export { type CheckServerOptions, checkServer, type ServerTarget } from './check-server.js'
export { checkMatrix, type MatrixOptions, type Program, parsePrograms } from './matrix.js'
export { matrixPage } from './matrix-page.js'
export type {
  CaseResult,
  Expectation,
  FaultReport,
  Kind,
  Level,
  Nature,
  Profile,
  Report,
  Score,
  Verdict,
} from './report.js'
export type { Visibility } from './reporters/gradescope.js'
export { REPORTER_NAMES, type RenderOptions, type ReporterName, render } from './reporters/index.js'
export type { CheckOptions } from './run.js'
export type { Step } from './transcript.js'
