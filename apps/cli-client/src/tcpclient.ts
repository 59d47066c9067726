import { main } from '@hs/client/cli'

// Unheard, it would have Node open a port for debuggers.
process.on('SIGUSR1', () => {})
void main(process.argv.slice(2), 'tcpclient', 'required').then((status) => process.exit(status))
