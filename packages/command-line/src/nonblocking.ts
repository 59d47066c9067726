import { closeSync, constants, fstatSync, openSync } from 'node:fs'

const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants

/** A descriptor to write lines to that answers EAGAIN, and does not wait, while a pipe is full. */
export interface NonBlocking {
  readonly fd: number
  close(): void
}

/**
 * Stdout or stderr for a program that has other things to do than to wait for a reader.
 *
 * Whether a write waits is a property of the open file, which other processes may share: to change it would break them.
 * So a pipe or a terminal is opened once more, for ourselves. A socket cannot be; there Node's own stream changes the
 * property, as it does in each Node program that prints, and Node restores it at the end. A file never waits, and
 * opened again it would lose its position.
 */
export function nonBlocking(fd: 1 | 2): NonBlocking {
  const same = { fd, close() {} }
  try {
    // As bigints, which stand in a place of their own: what Node 20 last learned of a file by numbers decides how it
    // follows symbolic links, and after a pipe it follows none. It would find no package that was installed by links.
    const kind = fstatSync(fd, { bigint: true })
    if (kind.isFile()) return same
    if (!kind.isSocket()) {
      const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
      return { fd: own, close: () => closeSync(own) }
    }
    void (fd === 1 ? process.stdout : process.stderr)
  } catch {
    // Closed, or not ours to open: a write will tell, or wait.
  }
  return same
}
