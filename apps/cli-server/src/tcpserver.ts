#!/usr/bin/env node
import { main } from '@hs/server-core/cli'

void main(process.argv.slice(2)).then((status) => process.exit(status))
