import type { ChildProcess } from 'node:child_process'
import type { LookupAddress } from 'node:dns'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NameLookup } from '@hs/transport'

/** The first argument of the process that looks a name up; what follows is the name, and the family or 0. */
export const LOOKUP_COMMAND = '--look-up'

/** What that process prints. */
type Answer = { readonly addresses: LookupAddress[] } | { readonly message: string; readonly error: object }

/**
 * Looks names up in a way that can be given up. The system's own way cannot: as long as a name server is silent, a thread
 * of this process waits for it, and `process.exit` waits for that thread, long after every deadline. So it is done by a
 * process of its own, which is killed. Names that the hosts file knows need no name server, and no such process.
 */
export const lookUp: NameLookup = async (host, family, signal) => {
  if (isInHostsFile(host, family)) return lookUpHere(host, family)
  // Loaded only by those who need it: a one-liner is mostly start-up.
  const { spawn } = await import('node:child_process')
  signal?.throwIfAborted()
  // A single executable is its own script.
  const script = process.getBuiltinModule?.('node:sea')?.isSea() ? [] : [process.argv[1]!]
  const child = spawn(process.execPath, [...script, LOOKUP_COMMAND, host, String(family ?? 0)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  })
  const onAbort = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', onAbort)
  try {
    const answer = JSON.parse(await outputOf(child)) as Answer
    if ('addresses' in answer) return answer.addresses
    throw Object.assign(new Error(answer.message), answer.error)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** What the process does that looks a name up. @returns Its output. */
export async function answerLookUp([host = '', family]: readonly string[]): Promise<string> {
  try {
    return JSON.stringify({ addresses: await lookUpHere(host, (Number(family) || undefined) as 4 | 6 | undefined) })
  } catch (error) {
    return JSON.stringify({ message: (error as Error).message, error: error as object } satisfies Answer)
  }
}

async function lookUpHere(host: string, family: 4 | 6 | undefined): Promise<LookupAddress[]> {
  const { lookup } = await import('node:dns/promises')
  return lookup(host, { all: true, ...(family && { family }) })
}

function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (output !== '') resolve(output)
      else reject(new Error(`the process that looks up names ended with ${signal ?? `status ${status}`}`))
    })
  })
}

/** Whether the system finds the name there, before it asks a name server. */
function isInHostsFile(host: string, family: 4 | 6 | undefined): boolean {
  const folder = process.platform === 'win32' ? join(process.env.SystemRoot ?? '', 'System32/drivers/etc') : '/etc'
  return hostsIn(join(folder, 'hosts'))
    .split('\n')
    .some((line) => {
      const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
      const matches = family === undefined || (family === 6) === address.includes(':')
      return matches && names.some((name) => name.toLowerCase() === host.toLowerCase())
    })
}

/** The text of the hosts file, empty if there is none. Read at once: the promises of `node:fs` are slow to load. */
function hostsIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
