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
export { answer, isClosedPipe, put, tell, writeAll } from './output.js'
export { parse } from './parse.js'
export { Watchdog } from './watchdog.js'
