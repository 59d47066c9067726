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
  syncBuiltinESMExports()
  try {
    const status = await main()
    return { status, stdout: printed.get(1)!, stderr: printed.get(2)! }
  } finally {
    spy.mockRestore()
    syncBuiltinESMExports()
  }
}
