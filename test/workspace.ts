import { join } from 'node:path'
import { readText, repositoryFiles } from './markdown.js'

/** What `npx @hs/client` may fetch, packed. Held twice: by what is packed, and by what is really fetched. */
export const MOST_BYTES_OF_CLIENT = 135_000

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly private?: boolean
  readonly license?: string
  readonly keywords?: readonly string[]
  readonly repository?: { readonly directory?: string }
  readonly engines?: { readonly node?: string }
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly bin?: Readonly<Record<string, string>>
  readonly sideEffects?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export interface WorkspacePackage {
  /** In the repository: `packages/client`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** The packages of the workspace, those that are never published included. */
export function workspacePackages(): WorkspacePackage[] {
  return repositoryFiles()
    .filter((file) => /^(packages|apps)\/[^/]+\/package\.json$/.test(file))
    .map((file) => ({ folder: join(file, '..'), manifest: JSON.parse(readText(file)) as Manifest }))
}

/**
 * What a module names in its imports and exports, dynamic ones with a literal name included. Enough for sources that a
 * formatter has laid out, and for what the build makes of them.
 */
export function importsOf(source: string): string[] {
  const statement = /(?:^|;)(?:import|export)\b[^'"`;=]*?\bfrom\s*['"]([^'"\n]+)['"]/gm
  const other = /(?:^|;)import\s*['"]([^'"\n]+)['"]|\bimport\((?:\/\*[^*]*\*\/ ?)?['"]([^'"\n]+)['"]\)/gm
  return [...source.matchAll(statement), ...source.matchAll(other)].map(([, name, dynamic]) => (name ?? dynamic)!)
}
