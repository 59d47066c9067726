import { defineConfig } from 'tsup'
import { program, yargs } from '../../tsup.shared.js'

export default defineConfig([...program('tcpclient', 'src/tcpclient.ts'), yargs()])
