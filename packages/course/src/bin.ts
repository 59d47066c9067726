import { main } from './cli.js'

// An exit of our own, so that what was started is ended with us.
process.on('SIGTERM', () => process.exit(143))
process.on('SIGHUP', () => process.exit(129))
process.exit(await main(process.argv.slice(2)))
