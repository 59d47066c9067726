/** Which files of the repository are pages, where they are on the site, and where their links lead. */
import { globSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const { homepage, repository } = JSON.parse(read('apps/site/package.json'))

/** Where the site is on its host: `/hs/`. */
export const BASE = new URL(homepage).pathname
export const REPOSITORY: string = repository.url.replace(/^git\+|\.git$/g, '')
const FILES = `${REPOSITORY}/(?:blob|tree)/main`.replaceAll('.', '\\.')
const RAW = REPOSITORY.replace('github.com', 'raw.githubusercontent.com')

const found = (...patterns: string[]) => globSync(patterns, { cwd: ROOT }).map(slashed).sort()
const API_FOLDER = 'apps/site/api/'

/** The sidebar: what a part is called, and its pages in their order. */
export const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Guides: ['students', 'teaching', 'lesson', 'operating', 'works-with'].map(document),
  'Look up': ['reference', 'errors', 'PROTOCOL', 'CONFORMANCE'].map(document),
  'Programs and libraries': byTitle(found('packages/*/README.md', 'apps/*/README.md')),
  Background: [...['DESIGN', 'performance', 'decisions/README'].map(document), 'bench/README.md'],
  Project: ['CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md'],
}

/** Sidebars of their own. */
export const API = byTitle(found(`${API_FOLDER}*.md`).filter((file) => file !== `${API_FOLDER}index.md`))
export const DECISIONS = found('docs/decisions/*.md').filter((file) => !file.endsWith('README.md'))
const CHECKER = ['DESIGN', 'CONTRIBUTING'].map((name) => `packages/conformance/${name}.md`)

export const PAGES = [
  'README.md',
  `${API_FOLDER}index.md`,
  ...API,
  ...DECISIONS,
  ...CHECKER,
  ...Object.values(SECTIONS).flat(),
]

/** Markdown that is not a page. */
export const OTHERS = globSync('**/*.md', { cwd: ROOT, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path) })
  .map(slashed)
  .filter((file) => !PAGES.includes(file))

/** What its first heading says. */
export function titleOf(file: string): string {
  return /^# (.*)$/m.exec(read(file))![1]!.replaceAll('`', '')
}

/** The first paragraph of the README: what the project is. */
export function summary(): string {
  return read('README.md').split('\n\n')[1]!.replaceAll('\n', ' ').replaceAll('`', '')
}

/** The file that the site is made of for a page: `docs/PROTOCOL.md` is `protocol.md`. */
export function placeOf(file: string): string {
  const place = file.startsWith(API_FOLDER) ? `api/${file.slice(API_FOLDER.length)}` : file.replace(/^docs\//, '')
  return place.toLowerCase().replace(/(^|\/)readme\.md$/, '$1index.md')
}

export function addressOf(file: string): string {
  return `/${placeOf(file).replace(/(index)?\.md$/, '')}`
}

/**
 * Where a link of a page leads on the site. What is not a page is in the repository.
 *
 * @param file - The page, in the repository.
 * @throws If there is no such file.
 */
export function linkFrom(file: string, href: string): string {
  const target = targetOf(file, href)
  if (!target) return href
  const page = [target.path, posix.join(target.path, 'README.md')].find((path) => PAGES.includes(path))
  if (page) return addressOf(page) + target.fragment
  const kind = statSync(join(ROOT, target.path)).isDirectory() ? 'tree' : 'blob'
  return `${REPOSITORY}/${kind}/main/${target.path}${target.fragment}`
}

/** Pictures come from this checkout, also those that a page of a registry loads from elsewhere. */
export function pictureFrom(file: string, source: string): string {
  if (!source.startsWith(`${RAW}/main/`)) return source
  return posix.relative(posix.dirname(file), source.slice(`${RAW}/main/`.length))
}

/** Headings have the names that GitHub gives them, so that links work in both places. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')
}

function targetOf(file: string, href: string): { path: string; fragment: string } | undefined {
  const own = new RegExp(`^${FILES}/([^#]*)(#.*)?$`).exec(href)
  if (own) return { path: own[1]!.replace(/\/$/, ''), fragment: own[2]?.replace(/^#readme$/, '') ?? '' }
  const [, path, fragment = ''] = /^([^#:]+)(#.*)?$/.exec(href) ?? []
  return path ? { path: posix.join(posix.dirname(file), path).replace(/\/$/, ''), fragment } : undefined
}

function document(name: string): string {
  return `docs/${name}.md`
}

function byTitle(files: readonly string[]): string[] {
  return files.toSorted((a, b) => titleOf(a).localeCompare(titleOf(b)))
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}
