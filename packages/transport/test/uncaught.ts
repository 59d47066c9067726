import { onTestFinished } from 'vitest'

/** What is thrown where nothing catches it, for as long as the test lasts; the test runner does not see it. */
export function uncaughtExceptions(): unknown[] {
  const thrown: unknown[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => thrown.push(error))
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of others) process.on('uncaughtException', listener)
  })
  return thrown
}
