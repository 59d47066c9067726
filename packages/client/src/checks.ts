/** What each option of `handshake` may be. No declaration that is published reaches it: `@hs/options` is private. */
import {
  aFunction,
  deadline,
  family,
  host,
  integer,
  optional,
  pause,
  port,
  protocolOptions,
  required,
  signal,
  type Table,
  transport,
} from '@hs/options'
import { DEFAULT_PREFIX_MS, DEFAULT_QUIET_MS, type Transport } from '@hs/transport'
import { DEFAULT_TIMEOUT_MS, type HandshakeOptions } from './options.js'

export const HANDSHAKE_OPTIONS = {
  port: required(port),
  host: optional(host, '127.0.0.1'),
  // With `arithmetic: 'int32'` fewer make sense; the protocol knows them (HS-1.3).
  sequence: optional(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 2)),
  timeoutMs: optional(deadline, DEFAULT_TIMEOUT_MS),
  signal: optional(signal),
  family: optional(family),
  ...protocolOptions,
  quietMs: optional(pause, DEFAULT_QUIET_MS),
  prefixMs: optional(pause, DEFAULT_PREFIX_MS),
  onEffect: optional(aFunction()),
  transport: optional(transport<Transport>(), 'node'),
} satisfies Table<HandshakeOptions>
