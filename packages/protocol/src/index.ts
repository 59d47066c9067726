export { type Decoded, type DecodeFailure, HelloDecoder } from './decoder.js'
export {
  type FailureCode,
  failureCodes,
  HelloError,
  type HelloFailure,
  isPeerError,
  type OutsideFailureCode,
} from './failure.js'
export {
  clientHandshake,
  type Effect,
  type Handshake,
  type HandshakeResult,
  type HandshakeState,
  type Holding,
  type Input,
  type Side,
  serverHandshake,
} from './handshake.js'
export {
  type Arithmetic,
  encodeHello,
  escapeBytes,
  isInitialSequence,
  isTerminator,
  PROTOCOL_DEFAULTS,
  type ProtocolOptions,
  successor,
  TERMINATORS,
  type Terminator,
} from './hello.js'
