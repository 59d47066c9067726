import { main } from './cli.js'

// Unheard, it would have Node open a port for debuggers.
process.on('SIGUSR1', () => {})
void main(process.argv.slice(2), 'hs-client', 'optional').then((status) => process.exit(status))
