import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Recording, SceneEvent } from '../scene/events.js'
import { apply, emptyScene } from '../scene/scene.js'
import { fromIntervals, fromServer, type Line } from './foreign.js'

/** No picture has more lanes. */
const MOST_LANES = 64

/** How much of an event is shown. */
const MOST_CHARACTERS = 120

/** What is in a file that cannot be played. */
class RecordingError extends Error {
  override readonly name = 'RecordingError'
}

/**
 * Reads a recording, the output of `tcpserver --json`, or that of `hs-load --ndjson`.
 *
 * @throws {RecordingError} If it is none of them, or cannot be read.
 */
export function readRecording(file: string): Recording {
  try {
    const recording = recordingOf(readFileSync(file, 'utf8'), basename(file))
    if (playable(recording).length > 0) return recording
    throw new RecordingError(`holds nothing that could be played: ${EXPECTED}`)
  } catch (error) {
    throw new RecordingError(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

/** The events, tried as the page plays them: better refused here than there. */
function playable({ events }: Recording): readonly SceneEvent[] {
  const scene = emptyScene()
  for (const event of events) {
    try {
      apply(scene, event)
    } catch {
      throw new RecordingError(`holds what cannot be played: ${JSON.stringify(event).slice(0, MOST_CHARACTERS)}`)
    }
  }
  return events
}

const EXPECTED = 'expected a recording of hs-live, the output of tcpserver --json, or that of hs-load --ndjson'

/** @param title - What to call it. */
export function recordingOf(text: string, title: string): Recording {
  const lines = linesOf(text)
  const [first] = lines
  const made = typeof first?.made === 'string' ? first.made : ''
  const header = { hslive: 1, made, title } as const
  if (first?.hslive === 1) return { header, events: inOrder(lines.slice(1).filter(isEvent)) }
  if (lines.some(({ type }) => type === 'interval')) return { header, events: fromIntervals(lines) }
  if (lines.some(({ type, at }) => type === 'connection' && typeof at === 'number'))
    return { header, events: fromServer(lines) }
  throw new RecordingError(EXPECTED)
}

/** Events of several processes do not arrive in the order in which they happened. */
function inOrder(events: readonly SceneEvent[]): SceneEvent[] {
  return [...events].sort((a, b) => a.at - b.at)
}

/** A program that was killed leaves a last line that is not whole; it is left out. */
function linesOf(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.flatMap((line, number) => {
    try {
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && value !== null) return [value as Line]
    } catch {
      if (number > 0 && number === lines.length - 1) return []
    }
    throw new RecordingError(`line ${number + 1} is not a JSON object: ${EXPECTED}`)
  })
}

function isEvent(line: Line): line is Line & SceneEvent {
  const { at, lane, type } = line
  const known = lane === undefined || (Number.isInteger(lane) && Number(lane) >= 0 && Number(lane) < MOST_LANES)
  return Number.isFinite(at) && known && typeof type === 'string'
}
