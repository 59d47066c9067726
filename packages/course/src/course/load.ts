import { readFileSync } from 'node:fs'
import { parsers } from '@hs/command-line'
import { listCases } from '@hs/conformance'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { PAIR_CASES } from '../grade/pair.js'
import type { CasePlan, Course, CourseFile, Part, PartFile } from './course.js'
import schema from './course.schema.json' with { type: 'json' }
import { assignPoints, names } from './points.js'
import { CourseError, formatPath, type Path, readToml } from './toml.js'

/** No more mistakes than a person reads at once. */
const MOST_MISTAKES = 8

interface Mistake {
  readonly path: Path
  readonly what: string
}

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
  const { data, line } = readToml(text, file)
  const validate = new Ajv2020({ allErrors: true, useDefaults: true }).compile(schema)
  const mistakes = validate(data) ? [] : validate.errors!.filter(({ keyword }) => keyword !== 'oneOf').map(mistakeOf)
  const course = mistakes.length === 0 ? assemble(data as CourseFile, mistakes) : undefined
  if (course && mistakes.length === 0) return course
  const lines = mistakes.map(({ path, what }) => `${file}:${line(path)}: ${formatPath(path) || 'the file'} ${what}`)
  throw new CourseError([...new Set(lines)].slice(0, MOST_MISTAKES).join('\n'))
}

function mistakeOf({ keyword, instancePath, params, message }: ErrorObject): Mistake {
  const keys = instancePath.split('/').slice(1)
  const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')))
  switch (keyword) {
    case 'additionalProperties':
      return { path: [...path, params.additionalProperty], what: 'is not a key that exists here' }
    case 'required':
      return { path, what: `misses the key "${params.missingProperty}"` }
    case 'enum':
      return { path, what: `must be one of ${params.allowedValues.join(', ')}` }
    case 'pattern':
      return { path, what: PATTERNS[params.pattern as string]! }
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

type Complain = (key: Path, what: string) => void

function assemble(file: CourseFile, mistakes: Mistake[]): Course {
  const { limits } = file
  const parts = file.parts.map((part, at) => {
    const complain: Complain = (key, what) => void mistakes.push({ path: ['parts', at, ...key], what })
    const earlier = file.parts.slice(0, at).some(({ id }) => id === part.id)
    if (earlier) complain(['id'], `is "${part.id}", as an earlier part's is`)
    return assemblePart(part, complain)
  })
  return {
    ...file,
    limits: {
      buildMs: parsers.duration(limits.build),
      runMs: parsers.duration(limits.run),
      memoryBytes: bytesOf(limits.memory),
      processes: limits.processes,
      diskBytes: bytesOf(limits.disk),
    },
    parts,
  }
}

function assemblePart(part: PartFile, complain: Complain): Part {
  const { id, kind, files, build, warnings, expect, errors } = part
  for (const key of kind === 'pair' ? (['server', 'client'] as const) : (['command'] as const)) {
    if (part[key] === undefined) complain([], `is a ${kind} and misses the key "${key}"`)
    else if (!part[key].includes('{port}')) complain([key], 'must contain {port}')
  }
  if (expect !== undefined && kind !== 'server') complain(['expect'], 'applies only to a server')
  const words = (line: string | undefined) => line?.trim().split(/\s+/) ?? []
  return {
    ...{ id, title: part.title ?? id, kind, files, errors },
    ...(build !== undefined && { build }),
    ...(warnings !== undefined && { warnings }),
    ...(expect && { expect }),
    command: words(kind === 'pair' ? part.server : part.command),
    client: words(part.client),
    timeoutMs: parsers.duration(part.timeout),
    cases: casesOf(part, complain),
  }
}

function casesOf({ kind, files, build, warnings, only, ...part }: PartFile, complain: Complain): CasePlan[] {
  const all = kind === 'pair' ? PAIR_CASES : listCases().filter((one) => one.kind === kind)
  const selected = (selectors: readonly string[], id: string) => selectors.some((selector) => names(selector, id))
  for (const [key, selectors] of Object.entries({ only: only ?? [], skip: part.skip, hidden: part.hidden })) {
    for (const [at, selector] of selectors.entries()) {
      if (!all.some(({ id }) => names(selector, id))) complain([key, at], `names no case of a ${kind}: "${selector}"`)
    }
  }
  const built = {
    id: 'build',
    title: build ? 'is complete and compiles' : 'is complete',
    level: 'MUST',
    weight: 0,
  } as const
  const clean = { id: 'warnings', title: 'compiles without warnings', level: 'SHOULD', weight: 0 } as const
  const cases = [
    ...(build !== undefined || files.length > 0 ? [built] : []),
    ...(warnings === undefined ? [] : [clean]),
    ...all.filter(({ id }) => (!only || selected(only, id)) && !selected(part.skip, id)),
  ]
  for (const key of typeof part.points === 'object' ? Object.keys(part.points) : []) {
    if (!cases.some(({ id }) => names(key, id))) complain(['points', key], 'names no case of this part')
  }
  const points = assignPoints(cases, part.points)
  return cases.map(({ id, title, level }) => {
    const visibility = selected(part.hidden, id) ? 'hidden' : part.visibility
    return { id, title, level, points: points.get(id) ?? 0, visibility }
  })
}

function bytesOf(size: string): number {
  const [, amount, unit] = /^(\d+)(.)iB$/.exec(size)!
  return Number(amount) * 1024 ** ('KMG'.indexOf(unit!) + 1)
}
