export { type FailureCode, HelloError, type HelloFailure } from '@hs/protocol'
export {
  DEFAULT_TIMEOUT_MS,
  type HandshakeOptions,
  type HandshakeReport,
  handshake,
  randomSequence,
} from './handshake.js'
