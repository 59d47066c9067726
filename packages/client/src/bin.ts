import { main } from './cli.js'

void main(process.argv.slice(2), 'hs-client', 'optional').then((status) => process.exit(status))
