/** A registry for one rehearsal, and the environment of its users. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RunningServer, startServer } from '../test/programs.js'

export interface Registry {
  /** Everything of the rehearsal is below it; its caller removes it. */
  readonly folder: string
  /** The files that were fetched since the last call: `client-0.1.0.tgz`. */
  fetched(): string[]
  /** The versions of a package, oldest first; empty if there is no such package. */
  versions(name: string): Promise<string[]>
  stop(): Promise<unknown>
}

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'hs-rehearsal-'))
  let server: RunningServer | undefined
  try {
    mkdirSync(join(folder, 'registry'))
    server = await startServer(`exec '${process.execPath}' release/serve-registry.ts '${folder}/registry'`)
    const at = `127.0.0.1:${server.port}`
    const user = await fetch(`http://${at}/-/user/org.couchdb.user:rehearsal`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'rehearsal', password: 'of no account' }),
    })
    const { token } = (await user.json()) as { token: string }
    // pnpm takes the registry from a file and not from a variable; a slip would publish to the real one.
    writeFileSync(join(folder, 'npmrc'), `registry=http://${at}/\n//${at}/:_authToken=${token}\n`)
    writeFileSync(join(folder, 'empty'), '')

    const { output, stop } = server
    let seen = 0
    return {
      folder,
      fetched() {
        const news = output.stdout.slice(seen)
        seen = output.stdout.length
        return [...news.matchAll(/^fetched \S*\/([^/\s]+)$/gm)].map(([, file]) => file!)
      },
      async versions(name) {
        const answer = await fetch(`http://${at}/${encodeURIComponent(name)}`)
        return answer.ok ? Object.keys(((await answer.json()) as { versions: object }).versions) : []
      },
      stop,
    }
  } catch (error) {
    await server?.stop()
    throw error
  }
}

/**
 * The variables of a user who has only this registry: no setting of the machine, nothing cached, and no program of
 * this checkout on the path.
 *
 * @param node - The Node that runs all of it, npm included.
 */
export function surroundingsOf({ folder }: Registry, node = process.execPath): object {
  const settings = Object.keys(process.env).filter((name) => /^p?npm_|^node_|^vitest|^init_cwd$/i.test(name))
  const path = process.env.PATH!.split(':').filter((entry) => !entry.includes('node_modules'))
  return {
    ...Object.fromEntries(settings.map((name) => [name, undefined])),
    npm_config_offline: undefined,
    npm_config_yes: undefined,
    NPM_CONFIG_USERCONFIG: join(folder, 'npmrc'),
    NPM_CONFIG_GLOBALCONFIG: join(folder, 'empty'),
    npm_config_cache: mkdtempSync(join(folder, 'cache-')),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    // Or pnpm looks for what is installed already, in a registry that does not have it.
    pnpm_config_verify_deps_before_run: 'false',
    PATH: [dirname(node), ...path].join(':'),
  }
}
