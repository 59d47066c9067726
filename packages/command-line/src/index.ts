export {
  type Command,
  type Option,
  type Parsed,
  type Positional,
  parse,
  parsers,
  protocolFlags,
  UsageError,
  type Values,
} from './options.js'
export { isClosedPipe, writeAll } from './output.js'
