/** Commit subjects are at most 72 characters, so that logs and lists show them whole. Checks every commit since the rule. */
import { execFileSync } from 'node:child_process'

const MOST = 72
/** The rule came after these; in a shallow clone, only the commits that are there are looked at. */
const SINCE = '2026-11-29T14:46:00Z'

const subjects = execFileSync('git', ['log', '--no-merges', `--since=${SINCE}`, '--format=%h %s'])
  .toString()
  .split('\n')
const long = subjects.filter((line) => line.slice(line.indexOf(' ') + 1).length > MOST)
for (const line of long) console.error(`longer than ${MOST} characters: ${line}`)
process.exitCode = long.length > 0 ? 1 : 0
