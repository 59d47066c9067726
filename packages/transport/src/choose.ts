import { transport } from '@hs/options'
import { nodeTransport } from './node/transport.js'
import type { Transport } from './transport.js'

/** `'auto'`: the Linux transport where it is installed and can work, else that of Node. */
export type TransportName = 'auto' | 'node' | 'linux'

/** A transport, and, where another was preferred, why it is not that one. */
export interface ChosenTransport {
  readonly transport: Transport
  readonly reason?: string
}

/** The package is optional; only its name is known here. */
const LINUX_PACKAGE = '@hs/transport-linux'

/**
 * Imports the package of the Linux transport from where it is a dependency, perhaps an absent one. Gets the name and does
 * not write it down, so that bundlers leave it to run time: `(name) => import(name)`.
 */
export type ImportLinux = (name: string) => Promise<{ linuxTransport(): Transport }>

const TRANSPORT = transport<Transport>()

/**
 * The transport of that name, or the one that was given instead of a name.
 *
 * @throws {TypeError | RangeError} For what is neither.
 * @throws ERR_HS_TRANSPORT_UNAVAILABLE If `'linux'` was asked for by name and cannot work here; `cause` says why.
 */
export async function chooseTransport(
  choice: TransportName | Transport,
  importLinux: ImportLinux,
): Promise<ChosenTransport> {
  const chosen = TRANSPORT.read('transport', choice)
  if (typeof chosen === 'object') return { transport: chosen }
  if (chosen === 'node') return { transport: nodeTransport() }
  try {
    return { transport: await loadLinux(importLinux) }
  } catch (error) {
    if (chosen === 'linux') throw error
    return { transport: nodeTransport(), reason: (error as Error).message }
  }
}

async function loadLinux(importLinux: ImportLinux): Promise<Transport> {
  let linux: Awaited<ReturnType<ImportLinux>>
  try {
    linux = await importLinux(LINUX_PACKAGE)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    const reason = missing ? `the package ${LINUX_PACKAGE} is not installed` : message
    throw Object.assign(new Error(`The Linux transport cannot be used here: ${reason}`, { cause }), {
      code: 'ERR_HS_TRANSPORT_UNAVAILABLE',
    })
  }
  return linux.linuxTransport()
}
