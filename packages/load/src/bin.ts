#!/usr/bin/env node
import { main } from './cli.js'

// Unheard, it would have Node open a port for debuggers.
process.on('SIGUSR1', () => {})
process.exit(await main(process.argv.slice(2)))
