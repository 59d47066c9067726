#!/usr/bin/env node
import { main } from '@hs/server-core/cli'

process.exit(await main(process.argv.slice(2)))
