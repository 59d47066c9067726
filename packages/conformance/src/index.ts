export {
  type CaseProgress,
  type CheckOptions,
  type CheckServerOptions,
  type ClientTarget,
  checkClient,
  checkMatrix,
  checkServer,
  judgeRecording,
  type MatrixOptions,
} from './check.js'
export { type CaseDescription, listCases } from './list.js'
export type { Observation, Recording, Settings } from './observe/observation.js'
export type { ServerTarget } from './observe/target.js'
export { parseRecording } from './parse-recording.js'
export type { Step } from './report/diagram.js'
export type { Visibility } from './report/gradescope.js'
export { matrixPage } from './report/matrix-page.js'
export { type Program, parsePrograms } from './report/programs.js'
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
} from './report/report.js'
export { REPORTER_NAMES, type RenderOptions, type ReporterName, render } from './report/reporters.js'
