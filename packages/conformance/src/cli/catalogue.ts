/** `--list` and `--explain`: what is checked, without checking anything. */
import { UsageError, type Values, writeAll } from '@hs/command-line'
import type { CaseDescription } from '../list.js'
import { selects } from '../select.js'
import type { CATALOGUE } from './commands.js'
import { knownIds } from './input.js'
import { type Checker, STATUS } from './program.js'

export function catalogue(values: Values<typeof CATALOGUE>, { listCases }: Checker): number {
  const { command, list, explain, only, skip } = values
  const cases = listCases()
  if (explain !== undefined) writeAll(1, explanationOf(explain, cases))
  else if (list) {
    if (command !== undefined && command !== 'server' && command !== 'client')
      throw new UsageError(`--list shows the cases of server or client, got "${command}"`)
    const selected = { ...(only && { only: knownIds(only, cases) }), ...(skip && { skip: knownIds(skip, cases) }) }
    const shown = cases.filter(({ kind, id }) => (command === undefined || kind === command) && selects(selected, id))
    writeAll(1, shown.map(lineOf).join(''))
  } else
    throw new UsageError(`expected server, client, matrix or judge${command === undefined ? '' : `, got "${command}"`}`)
  return STATUS.passed
}

const lineOf = ({ id, level, clause, weight, title }: CaseDescription) =>
  `${id.padEnd(6)} ${level.padEnd(6)} ${clause} ${String(weight).padStart(2)}  ${title}\n`

function explanationOf(id: string, cases: readonly CaseDescription[]): string {
  const found = cases.find((one) => one.id === id)
  if (!found) throw new UsageError(`unknown case "${id}"; --list shows them`)
  const { kind, title, level, weight, clause, clauseText, sends, must, explain, reportedBy } = found
  const example = kind === 'server' ? './tcpserver {port}' : './tcpclient {host} {port} {sequence}'
  const reasons = new Set(reportedBy.map(({ by, because }) => `  by ${by}: ${because}`))
  return [
    `${id}  ${title}`,
    '',
    `Sends: ${sends}`,
    `Must:  ${must}`,
    `${clause}: ${clauseText}`,
    '',
    explain,
    '',
    `Level ${level}${level === 'MAY' ? ' (MUST with --strict)' : ''}, weight ${weight}.`,
    ...(reasons.size > 0 ? ['A fault seen here may be reported', ...reasons] : []),
    `Run it alone: npx @hs/conformance ${kind} --only ${id} -- ${example}`,
    '',
  ].join('\n')
}
