import { readFileSync } from 'node:fs'
import { parsers } from '@hs/command-line'
import { listCases, type Visibility } from '@hs/conformance'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { PAIR_CASES } from '../grade/pair.js'
import type { CasePlan, Course, Part, PartKind } from './course.js'
import schema from './course.schema.json' with { type: 'json' }
import { assignPoints, names, type Weighted } from './points.js'
import { CourseError, formatPath, type Path, readToml } from './toml.js'

/** The file as written; its shape is what the schema says. */
interface CourseFile {
  readonly title: string
  readonly seed?: string
  readonly hints?: 1 | 2 | 3
  readonly limits?: Readonly<Record<'build' | 'run' | 'memory' | 'disk', string>> & { readonly processes?: number }
  readonly sandbox?: { readonly readable?: readonly string[]; readonly path?: readonly string[] }
  readonly parts: readonly PartFile[]
}

interface PartFile extends Partial<Pick<Part, 'title' | 'files' | 'build' | 'warnings' | 'expect' | 'errors'>> {
  readonly id: string
  readonly kind: PartKind
  readonly command?: string
  readonly server?: string
  readonly client?: string
  readonly timeout?: string
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly points?: number | Readonly<Record<string, number>>
  readonly visibility?: Visibility
  readonly hidden?: readonly string[]
}

/** No more mistakes than a person reads at once. */
const MOST_MISTAKES = 8

/** @throws {CourseError} If the file cannot be read or does not hold to the schema: one line per mistake. */
export function loadCourse(file: string): Course {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CourseError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  return parseCourse(text, file)
}

/** @throws {CourseError} */
export function parseCourse(text: string, file: string): Course {
  const toml = readToml(text, file)
  const mistakes = [...violations(toml.data)]
  const course = mistakes.length === 0 ? assemble(toml.data as CourseFile, mistakes) : undefined
  if (course && mistakes.length === 0) return course
  const lines = mistakes.map(
    ({ path, what }) => `${file}:${toml.line(path)}: ${formatPath(path) || 'the file'} ${what}`,
  )
  throw new CourseError([...new Set(lines)].slice(0, MOST_MISTAKES).join('\n'))
}

interface Mistake {
  readonly path: Path
  readonly what: string
}

/** What the schema finds, without the steps that lead there. */
function violations(data: unknown): Mistake[] {
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema)
  if (validate(data)) return []
  return validate.errors!.filter(({ keyword }) => keyword !== 'anyOf').map(mistakeOf)
}

function mistakeOf({ keyword, instancePath, params, message }: ErrorObject): Mistake {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')))
  switch (keyword) {
    case 'additionalProperties':
      return { path: [...path, params.additionalProperty], what: 'is not a key that exists here' }
    case 'required':
      return { path, what: `misses the key "${params.missingProperty}"` }
    case 'enum':
      return { path, what: `must be one of ${params.allowedValues.join(', ')}` }
    case 'pattern':
      return { path, what: PATTERNS[params.pattern as string] ?? `must match ${params.pattern}` }
    default:
      return { path, what: message! }
  }
}

/** In words, by the pattern that the schema has. */
const PATTERNS: Readonly<Record<string, string>> = {
  [schema.$defs.duration.pattern]: 'must be a duration such as 500ms, 30s or 3m',
  [schema.properties.sandbox.properties.path.items.pattern]: 'must be an absolute path',
  [schema.$defs.size.pattern]: 'must be a size such as 512KiB, 256MiB or 1GiB',
  [schema.$defs.cases.items.pattern]: 'must be the id of a case or its beginning, such as S1.2, S1 or C',
  [schema.$defs.part.properties.id.pattern]: 'must be lower-case letters, digits and hyphens',
}

function assemble(file: CourseFile, mistakes: Mistake[]): Course {
  const { limits } = file
  const duration = (text: string | undefined, preset: string) => parsers.duration(text ?? preset)
  const parts = file.parts.map((part, at) =>
    assemblePart(part, (key, what) => {
      mistakes.push({ path: ['parts', at, ...key], what })
    }),
  )
  for (const [at, { id }] of parts.entries()) {
    if (parts.findIndex((part) => part.id === id) < at) {
      mistakes.push({ path: ['parts', at, 'id'], what: `is "${id}", as an earlier part's is` })
    }
  }
  return {
    title: file.title,
    seed: file.seed ?? '',
    hints: file.hints ?? 2,
    limits: {
      buildMs: duration(limits?.build, '30s'),
      runMs: duration(limits?.run, '3m'),
      memoryBytes: bytesOf(limits?.memory ?? '1GiB'),
      processes: limits?.processes ?? 512,
      diskBytes: bytesOf(limits?.disk ?? '256MiB'),
    },
    readable: file.sandbox?.readable ?? [],
    path: file.sandbox?.path ?? [],
    parts,
  }
}

type Complain = (key: Path, what: string) => void

function assemblePart(part: PartFile, complain: Complain): Part {
  const { id, kind, files = [], build, warnings, expect, errors = 'either', timeout } = part
  const needs = { server: ['command'], client: ['command'], pair: ['server', 'client'] } as const
  for (const key of needs[kind]) {
    if (part[key] === undefined) complain([], `is a ${kind} and misses the key "${key}"`)
    else if (!part[key].includes('{port}')) complain([key], 'must contain {port}')
  }
  if (expect !== undefined && kind !== 'server') complain(['expect'], 'applies only to a server')
  const words = (line: string | undefined) => line?.trim().split(/\s+/) ?? []
  return {
    id,
    title: part.title ?? id,
    kind,
    files,
    ...(build !== undefined && { build }),
    ...(warnings !== undefined && { warnings }),
    command: words(kind === 'pair' ? part.server : part.command),
    client: words(part.client),
    ...(expect && { expect }),
    errors,
    timeoutMs: parsers.duration(timeout ?? '2s'),
    cases: casesOf(part, complain),
  }
}

function casesOf(
  { kind, files, build, warnings, only, skip = [], points = {}, ...part }: PartFile,
  complain: Complain,
): CasePlan[] {
  const all = kind === 'pair' ? PAIR_CASES : listCases().filter((one) => one.kind === kind)
  const checkNames = (key: string, selectors: readonly string[]) => {
    for (const [at, selector] of selectors.entries()) {
      if (!all.some(({ id }) => names(selector, id))) complain([key, at], `names no case of a ${kind}: "${selector}"`)
    }
  }
  checkNames('only', only ?? [])
  checkNames('skip', skip)
  checkNames('hidden', part.hidden ?? [])
  const isSelected = (id: string) =>
    (!only || only.some((selector) => names(selector, id))) && !skip.some((selector) => names(selector, id))
  const own: (Weighted & { title: string })[] = [
    ...(build !== undefined || files?.length
      ? [{ id: 'build', title: build ? 'is complete and compiles' : 'is complete', level: 'MUST' as const, weight: 0 }]
      : []),
    ...(warnings === undefined
      ? []
      : [{ id: 'warnings', title: 'compiles without warnings', level: 'SHOULD' as const, weight: 0 }]),
  ]
  const cases = [...own, ...all.filter(({ id }) => isSelected(id))]
  if (typeof points === 'object') {
    for (const key of Object.keys(points)) {
      if (!cases.some(({ id }) => names(key, id))) complain(['points', key], 'names no case of this part')
    }
  }
  const assigned = assignPoints(cases, points)
  return cases.map(({ id, title, level }) => ({
    id,
    title,
    level,
    points: assigned.get(id) ?? 0,
    visibility: part.hidden?.some((selector) => names(selector, id)) ? 'hidden' : (part.visibility ?? 'visible'),
  }))
}

function bytesOf(size: string): number {
  const [, amount, unit] = /^(\d+)(KiB|MiB|GiB)$/.exec(size)!
  return Number(amount) * 1024 ** { KiB: 1, MiB: 2, GiB: 3 }[unit as 'KiB' | 'MiB' | 'GiB']
}
