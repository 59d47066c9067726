export { type Live, type LiveOptions, live } from './live.js'
export type { Settings } from './scene/events.js'
export type { Program } from './session.js'
