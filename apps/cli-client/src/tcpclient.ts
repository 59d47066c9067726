import { main } from '@hs/client/cli'

void main(process.argv.slice(2), 'tcpclient', 'required').then((status) => process.exit(status))
