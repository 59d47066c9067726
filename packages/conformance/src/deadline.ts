/**
 * Calls back when the time is over, and what had come by then was heard: in a turn of Node's loop timers come before
 * sockets and pipes, so that after a pause of the whole process they would report as missing what is there.
 *
 * @returns Calls it off.
 */
export function deadline(ms: number, over: () => void): () => void {
  let look: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    look = setImmediate(over)
  }, ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(look)
  }
}
