#!/usr/bin/env node
import { operations } from '@hs/operations/tcpserver'
import { main } from '@hs/server-core/cli'

void main(process.argv.slice(2), operations).then((status) => process.exit(status))
