#!/usr/bin/env node
import { main } from './cli.js'

// Unheard, it would have Node open a port for debuggers.
process.on('SIGUSR1', () => {})
// An exit of our own, so that what was started is ended with us.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
process.exit(await main(process.argv.slice(2)))
