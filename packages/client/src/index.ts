export { type FailureCode, HelloError, type HelloFailure } from '@hs/protocol'
export { type HandshakeReport, handshake, randomSequence } from './handshake.js'
export { DEFAULT_TIMEOUT_MS, type HandshakeOptions } from './options.js'
