export { Lines } from './lines.js'
export { type NonBlocking, nonBlocking } from './nonblocking.js'
export {
  type Command,
  type Option,
  type Parsed,
  type Positional,
  parsers,
  protocolFlags,
  UsageError,
  type Values,
} from './options.js'
export { answer, isOutputLost, OUTPUT_LOST, put, sayOutputLost, tell, writeAll } from './output.js'
export { parse } from './parse.js'
