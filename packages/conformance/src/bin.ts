#!/usr/bin/env node
import { checkClient, checkMatrix, checkServer, judgeRecording } from './check.js'
import { main } from './cli/main.js'
import { listCases } from './list.js'

// Unheard, it would have Node open a port for debuggers.
process.on('SIGUSR1', () => {})
// An exit of our own, so that what was started is ended with us.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
process.exit(await main(process.argv.slice(2), { checkClient, checkMatrix, checkServer, judgeRecording, listCases }))
