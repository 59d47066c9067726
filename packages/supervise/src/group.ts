import { setTimeout as sleep } from 'node:timers/promises'
import { marked } from './usage.js'

/** How long processes may take to end by themselves. */
const STOP_MS = 2_000

/** How often to look whether they have. */
const LOOK_MS = 10

/** Ends all of a group, and on Linux also those who have left it. */
export async function endGroup(group: number, closed: Promise<unknown>, mark: string): Promise<void> {
  const limit = performance.now() + STOP_MS
  let open = true
  void closed.then(() => {
    open = false
  })
  kill(-group, 'SIGTERM')
  // Its shell may be gone before it, and a process that has left the group may keep the pipe open for ever.
  while (open && performance.now() < limit && kill(-group, 0)) await sleep(LOOK_MS)
  // What is left of the command.
  kill(-group, 'SIGKILL')
  for (const pid of marked(mark)) kill(pid, 'SIGKILL')
}

/** @returns Whether there was a process. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
