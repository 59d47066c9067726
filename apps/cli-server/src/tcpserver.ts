#!/usr/bin/env node
// As the first process of a container it would not get a signal that it does not listen to. So it listens before the
// rest is loaded, and until the rest does.
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(128 + number)
  })
}
// Unheard, it would have Node open a port for debuggers.
process.on('SIGUSR1', () => {})

// Not awaited at the top: a single executable is a script, and no module.
void run()

async function run(): Promise<never> {
  const { operations } = await import('@hs/operations/tcpserver')
  const { main } = await import('@hs/server-core/cli')
  process.exit(await main(process.argv.slice(2), operations))
}
