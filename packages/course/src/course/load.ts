import { parsers } from '@hs/command-line'
import { listCases } from '@hs/conformance'
import { nearest } from '@hs/options'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { readText } from '../files.js'
import { PAIR_CASES } from '../grade/pair.js'
import { type CasePlan, type Course, type CourseFile, type Part, type PartFile, sumOf } from './course.js'
import schema from './course.schema.json' with { type: 'json' }
import { assignPoints, names } from './points.js'
import { CourseError, formatPath, type Path, readToml } from './toml.js'

/** A timer of Node takes less than 25 days. */
const MOST_MS = 24 * 3_600_000
const [LEAST_BYTES, MOST_BYTES] = [2 ** 20, 2 ** 40]

/** No more mistakes than a person reads at once. */
const MOST_MISTAKES = 8

interface Mistake {
  readonly path: Path
  readonly what: string
}

/** @throws {CourseError} If the file cannot be read or is not a course: one line per mistake. */
export function loadCourse(file: string): Course {
  return parseCourse(readText(file), file)
}

/** @throws {CourseError} */
export function parseCourse(text: string, file: string): Course {
  const { data, line } = readToml(text, file)
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, allowUnionTypes: true })
  const validate = ajv.compile(schema)
  const mistakes = validate(data) ? [] : validate.errors!.map(mistakeOf)
  const course = mistakes.length === 0 ? assemble(data as CourseFile, mistakes) : undefined
  if (course && mistakes.length === 0) return course
  const lines = mistakes.map(({ path, what }) => `${file}:${line(path)}: ${formatPath(path) || 'the file'} ${what}`)
  const rest = lines.length > MOST_MISTAKES ? [`${file}: and ${lines.length - MOST_MISTAKES} more`] : []
  throw new CourseError([...lines.slice(0, MOST_MISTAKES), ...rest].join('\n'))
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'a number',
  integer: 'a whole number',
  array: 'a list in brackets',
  object: 'a table',
}

function mistakeOf({ keyword, instancePath, params, message, parentSchema }: ErrorObject): Mistake {
  const keys = instancePath.split('/').slice(1)
  const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')))
  switch (keyword) {
    case 'additionalProperties': {
      const near = nearest(params.additionalProperty, Object.keys(parentSchema!.properties))
      const hint = near ? `; did you mean "${near}"?` : ''
      return { path: [...path, params.additionalProperty], what: `is not a key that exists here${hint}` }
    }
    case 'required':
      return { path, what: `misses the key "${params.missingProperty}"` }
    case 'enum':
      return { path, what: `must be one of ${params.allowedValues.join(', ')}` }
    case 'pattern':
      return { path, what: PATTERNS[params.pattern as string]! }
    case 'type':
      return {
        path,
        what: `must be ${[params.type]
          .flat()
          .map((type) => TYPES[type])
          .join(' or ')}`,
      }
    case 'minLength':
    case 'minItems':
      return { path, what: 'must not be empty' }
    default:
      return { path, what: message! }
  }
}

/** In words, by the pattern that the schema has. */
const PATTERNS: Readonly<Record<string, string>> = {
  [schema.$defs.duration.pattern]: 'must be a duration such as 500ms, 30s or 3m',
  [schema.properties.sandbox.properties.path.items.pattern]: 'must be an absolute path',
  [schema.$defs.size.pattern]: 'must be a size such as 512KiB, 256MiB or 1GiB',
  [schema.$defs.part.properties.files.items.pattern]: 'must be a path within the submission',
  [schema.$defs.cases.items.pattern]: 'must be the id of a case or its beginning, such as S1.2, S1 or C',
  [schema.$defs.part.properties.id.pattern]: 'must be lower-case letters, digits and hyphens',
}

type Complain = (key: Path, what: string) => void

function assemble({ limits, ...file }: CourseFile, mistakes: Mistake[]): Course {
  const complainAbout =
    (...base: Path): Complain =>
    (key, what) =>
      void mistakes.push({ path: [...base, ...key], what })
  const parts = file.parts.map((part, at) => {
    const complain = complainAbout('parts', at)
    const earlier = file.parts.slice(0, at).some(({ id }) => id === part.id)
    if (earlier) complain(['id'], `is "${part.id}", as an earlier part's is`)
    return assemblePart(part, complain)
  })
  const complain = complainAbout('limits')
  return {
    ...file,
    limits: {
      buildMs: durationOf(limits.build, ['build'], complain),
      runMs: durationOf(limits.run, ['run'], complain),
      memoryBytes: bytesOf(limits.memory, ['memory'], complain),
      processes: limits.processes,
      diskBytes: bytesOf(limits.disk, ['disk'], complain),
    },
    parts,
  }
}

function assemblePart(part: PartFile, complain: Complain): Part {
  const { id, kind, files, build, warnings, expect, errors } = part
  for (const key of ['command', 'server', 'client'] as const) {
    const belongs = (kind === 'pair') === (key !== 'command')
    if (!belongs && part[key] !== undefined) complain([key], `is not a key of a ${kind}`)
    else if (belongs && part[key] === undefined) complain([], `is a ${kind} and misses the key "${key}"`)
    else if (belongs && !part[key]!.includes('{port}')) complain([key], 'must contain {port}')
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
    timeoutMs: durationOf(part.timeout, ['timeout'], complain),
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
  if (cases.length === 0) complain([], 'has no case')
  const points = assignPoints(cases, part.points)
  const wanted = sumOf(typeof part.points === 'number' ? [part.points] : Object.values(part.points))
  const given = sumOf([...points.values()])
  if (given < wanted) complain(['points'], `are ${wanted}, of which only ${given} belong to a case`)
  return cases.map(({ id, title, level }) => {
    const visibility = selected(part.hidden, id) ? 'hidden' : part.visibility
    return { id, title, level, points: points.get(id) ?? 0, visibility }
  })
}

function durationOf(text: string, key: Path, complain: Complain): number {
  const ms = parsers.duration(text)
  if (ms > MOST_MS) complain(key, 'must be at most 24h')
  return ms
}

function bytesOf(size: string, key: Path, complain: Complain): number {
  const [, amount, unit] = /^(\d+)(.)iB$/.exec(size)!
  const bytes = Number(amount) * 1024 ** ('KMG'.indexOf(unit!) + 1)
  if (bytes < LEAST_BYTES || bytes > MOST_BYTES) complain(key, 'must be from 1MiB to 1024GiB')
  return bytes
}
