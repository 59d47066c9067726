export { type ChosenTransport, chooseTransport, type ImportLinux, type TransportName } from './choose.js'
export {
  DEFAULT_PREFIX_MS,
  DEFAULT_QUIET_MS,
  Drive,
  type DriveObserver,
  deadlinePassed,
  type Outcome,
  type Patience,
  type Timing,
} from './drive.js'
export type { NameLookup } from './node/connect.js'
export { type NodeTransportOptions, nodeTransport } from './node/transport.js'
export {
  type AdoptLimits,
  type Clock,
  type Connection,
  type ConnectOptions,
  type DropReason,
  type Endpoint,
  formatEndpoint,
  isShareable,
  type Listener,
  type ListenOptions,
  type Receiver,
  type Refusal,
  type Share,
  type ShareableListener,
  type Sharing,
  type Timer,
  type Transport,
  type TransportModule,
} from './transport.js'
