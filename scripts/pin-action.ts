/** Makes the action that waits for a server run the client of this release. Part of raising the versions. */
import { readFileSync, writeFileSync } from 'node:fs'

const ACTION = new URL('../.github/actions/wait/action.yml', import.meta.url)
const MANIFEST = new URL('../packages/client/package.json', import.meta.url)

const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }
const text = readFileSync(ACTION, 'utf8')
writeFileSync(ACTION, text.replace(/( {2}version:\n(?:.*\n)*? {4}default: )\S+/, `$1${version}`))
