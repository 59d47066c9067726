/** A copy of this checkout, for what writes into one. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { repositoryFiles } from '../test/markdown.js'
import { ROOT, run } from '../test/programs.js'

/** Runs a command to its end, which must be a good one, and gives its stdout. */
export async function expectSuccess(command: string, surroundings?: Parameters<typeof run>[1]): Promise<string> {
  const { status, stdout, stderr } = await run(command, surroundings)
  expect(status, `${command}\n${stdout}${stderr}`).toBe(0)
  return stdout
}

/** Copies what belongs to the repository. */
export function copyCheckout(to: string): void {
  for (const file of repositoryFiles()) cpSync(join(ROOT, file), join(to, file))
}

/** The command that installs what a copy needs, without a network: what is installed here is in pnpm's store. */
export async function offlineInstall(): Promise<string> {
  const store = (await expectSuccess('npx pnpm store path')).trim()
  return `'${join(ROOT, 'node_modules/.bin/pnpm')}' install --offline --frozen-lockfile --store-dir '${store}'`
}
