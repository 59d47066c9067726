import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { vi } from 'vitest'

/**
 * What a program prints before it would do anything, such as what is wrong with its usage, without a process for it.
 *
 * @param main - Its main function with the words of a command line. It resolves with the exit status.
 */
export async function printedBy(main: () => Promise<number>) {
  const printed = new Map([
    [1, ''],
    [2, ''],
  ])
  const writeSync = fs.writeSync as (fd: number, data: string) => number
  const spy = vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, data: string) => {
    if (!printed.has(fd)) return writeSync(fd, data)
    printed.set(fd, printed.get(fd) + data)
    return Buffer.byteLength(data)
  }) as typeof fs.writeSync)
  // It may be opened once more, to be written to without waiting.
  const openSync = fs.openSync
  const opening = vi.spyOn(fs, 'openSync').mockImplementation((path, ...how) => {
    const [, fd] = /^\/proc\/self\/fd\/([12])$/.exec(String(path)) ?? []
    return fd ? Number(fd) : openSync(path, ...how)
  })
  const closeSync = fs.closeSync
  const closing = vi.spyOn(fs, 'closeSync').mockImplementation((fd) => {
    if (!printed.has(fd)) closeSync(fd)
  })
  syncBuiltinESMExports()
  try {
    const status = await main()
    return { status, stdout: printed.get(1)!, stderr: printed.get(2)! }
  } finally {
    for (const each of [spy, opening, closing]) each.mockRestore()
    syncBuiltinESMExports()
  }
}
