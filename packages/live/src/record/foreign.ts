/** What other programs of this project print, as events of a picture. Pure. */
import type { LaneInfo, SceneEvent } from '../scene/events.js'
import { Meter } from '../scene/meter.js'
import { apply, emptyScene } from '../scene/scene.js'
import { Translator } from '../scene/translate.js'
import type { TimedEvent } from '../servers/lane-server.js'

export type Line = Readonly<Record<string, unknown>>

const TICK_MS = 250

/** How long an answer is seen under way: nothing in these files says what its client did. */
const TRAVEL_MS = 150

/** `tcpserver --json`: all of the server, and of its clients only what the server saw. */
export function fromServer(lines: readonly Line[]): SceneEvent[] {
  const listening = lines.find(({ type }) => type === 'listening')
  const told = lines.filter(isTold).sort((a, b) => a.at - b.at)
  const strategy = String(listening?.strategy ?? told[0]!.strategy)
  const info: LaneInfo = { name: strategy, strategy, threads: Number(listening?.threads ?? 1) || 1 }
  const translator = new Translator(0)
  const events: SceneEvent[] = [{ type: 'lane', at: told[0]!.at, lane: 0, state: 'up', ...info }]
  for (const event of told) {
    const { connection: id, at } = event
    if (event.type === 'connection') events.push({ type: 'arrives', kind: 'visitor', at, lane: 0, id })
    const translated = translator.translate(event, id, TRAVEL_MS)
    if (translated) events.push(translated)
  }
  return withTicks(events)
}

/** `hs-load --ndjson`: a load has intervals and no connections, so there are charts and no dots. */
export function fromIntervals(lines: readonly Line[]): SceneEvent[] {
  const report = lines.find(({ type }) => type === 'report')
  const targets = Array.isArray(report?.targets) ? report.targets.join(', ') : 'a server'
  const note = 'A load tells how fast it was, and nothing of single connections: see the charts.'
  const events: SceneEvent[] = [{ type: 'lane', at: 0, lane: 0, state: 'down', name: targets, threads: 1, note }]
  let established = 0
  let failed = 0
  for (const line of lines.filter(({ type }) => type === 'interval')) {
    const number = (name: string) => Number(line[name]) || 0
    established += number('established')
    failed += number('failed')
    const perSecond = (1000 * number('established')) / (number('lengthMs') || 1000)
    const counts = { waiting: 0, serving: 0, established, failed, perSecond }
    events.push({
      type: 'tick',
      lane: 0,
      at: number('atMs') + number('lengthMs'),
      ...counts,
      p50: number('p50'),
      p99: number('p99'),
    })
  }
  return events
}

function isTold(line: Line): line is Line & Extract<TimedEvent, { connection: number }> {
  return Number.isFinite(line.at) && Number.isInteger(line.connection) && typeof line.type === 'string'
}

/** What a live session measures while it runs. */
function withTicks(events: readonly SceneEvent[]): SceneEvent[] {
  const scene = emptyScene()
  const meter = new Meter()
  const all: SceneEvent[] = []
  let next = events[0]!.at + TICK_MS
  for (const event of events) {
    for (; event.at >= next; next += TICK_MS) {
      all.push({ type: 'tick', at: next, lane: 0, ...meter.tick(scene.lanes[0]!, next, undefined) })
    }
    apply(scene, event)
    meter.see(event, scene.lanes[0]!)
    all.push(event)
  }
  return all
}
