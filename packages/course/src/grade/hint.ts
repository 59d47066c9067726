import type { Part } from '../course/course.js'
import lines from './lines.json' with { type: 'json' }
import type { CaseOutcome, Lesson } from './outcome.js'

const { languages, topics, endings } = lines

export type Language = keyof typeof languages
export const LANGUAGES = Object.keys(languages) as readonly Language[]

type Topic = keyof (typeof languages)['c']

/** What a case is about, by its id or its group. */
const TOPICS = topics as Readonly<Record<string, Topic>>

/** One step of a hint; the next says more. */
export interface Step {
  readonly title: 'What happened' | 'Where to look' | 'What the line looks like'
  readonly lines: readonly string[]
}

/** A failure in up to three steps. */
export function stepsOf({ id, lesson, note }: CaseOutcome, part: Part, most: number): Step[] {
  if (!lesson) return note === undefined || most === 0 ? [] : [{ title: 'What happened', lines: [note] }]
  const where = [...(lesson.cause ? lesson.cause.split('\n') : []), ...(lesson.clause ? [lesson.clause] : [])]
  const line = lineFor(id, part)
  const steps: Step[] = [
    { title: 'What happened', lines: whatHappened(lesson) },
    ...(where.length > 0 ? [{ title: 'Where to look' as const, lines: where }] : []),
    ...(line ? [{ title: 'What the line looks like' as const, lines: line }] : []),
  ]
  return steps.slice(0, most)
}

function whatHappened({ summary, sent, expected, received, comparison, diagram, reproduce }: Lesson): string[] {
  return [
    summary,
    ...(sent === undefined ? [] : [`sent      ${sent}`]),
    ...(comparison ?? [
      ...(expected === undefined ? [] : [`expected  ${expected}`]),
      ...(received === undefined ? [] : [`received  ${received || '(nothing)'}`]),
    ]),
    ...(diagram ? ['', ...diagram.split('\n')] : []),
    ...(reproduce ? ['', `Again: ${reproduce}`] : []),
  ]
}

function lineFor(id: string, { files, expect }: Part): string[] | undefined {
  const [group] = id.split('.')
  const topic = TOPICS[id] ?? TOPICS[group!]
  if (!topic) return undefined
  const texts = languages[languageOf(files)]
  return texts[topic === 'threads' && expect === 'events' ? 'events' : topic].split('\n')
}

/** Told by the files that are handed in; C if they do not tell. */
function languageOf(files: readonly string[]): Language {
  const found = Object.entries(endings).find(([ending]) => files.some((file) => file.endsWith(ending)))
  return (found?.[1] ?? 'c') as Language
}
