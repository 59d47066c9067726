/// <reference lib="dom" />
import { at, failures, type LaneScene } from '../scene/scene.js'
import { type Box, COUNT_Y, LABELLED_FROM, NARROW, STAGE_HEIGHT, seatsOf, servesOne, zonesOf } from './layout.js'
import { cornersOf } from './shapes.js'
import type { Dot, Message, Stage } from './stage.js'

export interface Palette {
  readonly page: string
  readonly ink: string
  readonly faint: string
  readonly line: string
  readonly zone: string
  readonly waiting: string
  readonly served: string
  readonly good: string
  readonly bad: string
}

export interface View {
  readonly lane: LaneScene
  readonly stage: Stage
  readonly width: number
  /** The moment that is shown. */
  readonly now: number
  readonly palette: Palette
  /** Single connections are too many to be drawn. */
  readonly crowded: boolean
  /** Messages move; else they are shown half-way. */
  readonly moving: boolean
}

type Context = CanvasRenderingContext2D

/** A line to a connection lights up for this long after a message. */
const FLASH_MS = 300

/** A client that has said nothing for longer gets the time written beside it. */
const SILENT_MS = 2_000

export function paint(context: Context, view: View): void {
  const { lane, stage, width, palette, crowded } = view
  const zones = zonesOf(width)
  context.clearRect(0, 0, width, STAGE_HEIGHT)
  context.textBaseline = 'middle'
  const waiting = at(lane, 'waiting').length
  const narrow = width < NARROW
  if (!narrow) heading(context, view, 'clients', 0, 'left')
  const wait = waiting > 0 ? `: ${waiting} wait` : ''
  heading(context, view, `${narrow ? 'queue' : 'accept queue'}${wait}`, zones.queue.x + zones.queue.width, 'right')
  heading(context, view, narrow ? 'served' : 'being served', zones.dock.x + zones.dock.width / 2, 'center')
  heading(context, view, 'done', zones.done, 'left')
  zone(context, zones.queue, palette)
  arrows(context, view, [zones.queue.x / 2, (zones.queue.x + zones.queue.width + zones.dock.x) / 2])
  seats(context, view)
  done(context, view, zones.done)
  if (crowded) {
    bar(context, view, zones.queue, waiting, palette.waiting)
    bar(context, view, zones.dock, at(lane, 'served').length, palette.served)
    return
  }
  for (const dot of stage.dots.values()) paintDot(context, dot, view)
  for (const dot of stage.leaving) paintDot(context, dot, view)
  for (const message of stage.messages) paintMessage(context, message, view)
}

function heading(context: Context, { palette }: View, text: string, x: number, align: CanvasTextAlign): void {
  context.font = '11px system-ui, sans-serif'
  context.textAlign = align
  context.fillStyle = palette.faint
  context.fillText(text, x, 8)
}

/** Which way clients go. */
function arrows(context: Context, { palette }: View, places: readonly number[]): void {
  context.font = '26px system-ui, sans-serif'
  context.textAlign = 'center'
  context.fillStyle = palette.line
  for (const x of places) context.fillText('›', x, STAGE_HEIGHT / 2 + 6)
}

function zone(context: Context, { x, y, width, height }: Box, palette: Palette): void {
  context.fillStyle = palette.zone
  context.beginPath()
  context.roundRect(x, y, width, height, 8)
  context.fill()
}

/** The threads, and a line from each to what it serves. */
function seats(context: Context, view: View): void {
  const { lane, stage, palette, now, width, crowded } = view
  const { threads } = zonesOf(width)
  const served = [...stage.dots.values()].filter(({ connection }) => connection.place === 'served')
  const blocks = servesOne(lane.info)
  for (const { box, thread } of seatsOf(lane, threads)) {
    const own = thread === undefined ? served : served.filter(({ connection }) => connection.thread === thread)
    const y = box.y + box.height / 2
    for (const dot of crowded ? [] : own) {
      const active = now - dot.connection.lastWord < FLASH_MS
      context.strokeStyle = active || blocks ? palette.served : palette.line
      context.globalAlpha = active ? 0.9 : blocks ? 0.45 : 1
      context.lineWidth = blocks ? 4 : active ? 2 : 1
      context.beginPath()
      context.moveTo(dot.x + dot.r, dot.y)
      context.lineTo(box.x, y)
      context.stroke()
      context.globalAlpha = 1
    }
    paintSeat(context, box, own, thread, view)
  }
}

function paintSeat(context: Context, box: Box, own: readonly Dot[], thread: number | undefined, view: View): void {
  const { palette, lane } = view
  const busy = own.length > 0
  context.fillStyle = busy ? palette.served : palette.page
  context.strokeStyle = busy ? palette.served : palette.faint
  context.lineWidth = 1.5
  context.beginPath()
  context.roundRect(box.x, box.y, box.width, box.height, 6)
  context.fill()
  context.stroke()
  context.fillStyle = busy ? palette.page : palette.faint
  context.textAlign = 'center'
  const x = box.x + box.width / 2
  const y = box.y + box.height / 2
  const two = box.height >= 30
  context.font = `600 ${Math.min(12, box.height - 3)}px system-ui, sans-serif`
  const name =
    lane.info.strategy === undefined ? 'program' : thread === undefined ? 'thread' : `thread ${thread || 'main'}`
  context.fillText(name, x, two ? y - 7 : y, box.width - 4)
  if (!two) return
  context.font = '11px system-ui, sans-serif'
  context.fillText(occupation(own, view), x, y + 8, box.width - 6)
}

/** What a thread does: a thread that serves one client waits for its next message, and for no other. */
function occupation(own: readonly Dot[], { lane }: View): string {
  const [first] = own
  if (!first) return 'free'
  if (!servesOne(lane.info)) return `${own.length} at once`
  const { x } = first.connection
  return x === undefined ? 'waits' : `waits for ${x + 2}`
}

function done(context: Context, { lane, palette, width }: View, x: number): void {
  context.textAlign = 'left'
  const size = width < NARROW ? 13 : 17
  const lines = [
    [`✓ ${lane.established}`, palette.good, COUNT_Y.established, 'established'],
    [`✗ ${failures(lane)}`, palette.bad, COUNT_Y.failed, 'failed'],
  ] as const
  for (const [text, colour, y, what] of lines) {
    context.fillStyle = colour
    context.font = `600 ${size}px system-ui, sans-serif`
    context.fillText(text, x, y, width - x)
    context.fillStyle = palette.faint
    context.font = '11px system-ui, sans-serif'
    context.fillText(what, x, y + 17, width - x)
  }
}

/** More than can be drawn one by one: only how many. */
function bar(context: Context, { palette }: View, box: Box, count: number, colour: string): void {
  const height = box.height * Math.min(1, count / 500)
  context.fillStyle = colour
  context.globalAlpha = 0.35
  context.fillRect(box.x, box.y + box.height - height, box.width, height)
  context.globalAlpha = 1
  context.fillStyle = palette.ink
  context.textAlign = 'center'
  context.font = '600 15px system-ui, sans-serif'
  context.fillText(String(count), box.x + box.width / 2, box.y + box.height / 2)
}

function paintDot(context: Context, dot: Dot, { palette, stage, now, lane }: View): void {
  const { connection, x, y, r, ended } = dot
  const served = connection.place === 'served'
  const colour = ended
    ? { established: palette.good, failed: palette.bad, unused: palette.faint }[ended.outcome]
    : served
      ? palette.served
      : palette.waiting
  context.globalAlpha = stage.presence(dot) * (connection.abandoned && !served ? 0.45 : 1)
  context.beginPath()
  outline(context, dot)
  context.fillStyle = served || ended ? colour : palette.page
  context.strokeStyle = colour
  context.lineWidth = r > 5 ? 2 : 1
  context.fill()
  context.stroke()
  if (r >= LABELLED_FROM - 0.5) {
    context.fillStyle = served || ended ? palette.page : palette.ink
    context.textAlign = 'center'
    context.font = '600 10px system-ui, sans-serif'
    context.fillText(ended?.outcome === 'failed' ? '✗' : String(connection.x ?? '?'), x, y + 0.5, 2 * r - 3)
  }
  // HELLO X is in the buffer of its socket.
  if (connection.sentX && !served && !ended && r > 5) {
    context.fillStyle = palette.waiting
    context.fillRect(x + r * 0.45, y + r * 0.45, r * 0.6, r * 0.5)
  }
  const silent = now - connection.lastWord
  if (served && !ended && silent > SILENT_MS && r >= 8 && servesOne(lane.info)) {
    context.fillStyle = palette.waiting
    context.textAlign = 'right'
    context.font = '600 11px system-ui, sans-serif'
    context.fillText(`${Math.floor(silent / 1000)} s`, x - r - 4, y)
  }
  context.globalAlpha = 1
}

function outline(context: Context, { connection: { kind }, x, y, r }: Dot): void {
  const corners = cornersOf(kind)
  if (corners.length === 0) context.arc(x, y, r, 0, 2 * Math.PI)
  for (const [dx, dy] of corners) context.lineTo(x + r * dx, y + r * dy)
  context.closePath()
}

function paintMessage(
  context: Context,
  { dot, text, way, began, ms }: Message,
  { lane, palette, now, width, moving }: View,
): void {
  const progress = moving ? (now - began) / ms : 0.5
  const { threads } = zonesOf(width)
  const { box } = seatsOf(lane, threads).find(
    ({ thread }) => thread === undefined || thread === dot.connection.thread,
  ) ?? { box: threads }
  const client = { x: dot.x + dot.r, y: dot.y }
  const server = { x: box.x, y: box.y + box.height / 2 }
  const ends = {
    'to-queue': [
      { x: 0, y: dot.y },
      { x: dot.x - dot.r, y: dot.y },
    ],
    'to-server': [client, server],
    'to-client': [server, client],
  } as const
  const [from, to] = ends[way]
  const y = from.y + (to.y - from.y) * progress
  const small = dot.r < 8
  const short = Math.abs(to.x - from.x) < 110
  const label = short ? text.replace(/^HELLO /, '') : text
  context.font = '600 11px system-ui, sans-serif'
  // Between many dots there is no room for words.
  const half = small ? 3 : Math.min(60, context.measureText(label).width / 2 + 5)
  const [left, right] = [Math.min(from.x, to.x) + half, Math.max(from.x, to.x) - half]
  const x = from.x < to.x ? left + (right - left) * progress : right + (left - right) * progress
  context.fillStyle = way === 'to-client' ? palette.served : palette.ink
  context.beginPath()
  context.roundRect(x - half, y - (small ? 3 : 9), 2 * half, small ? 6 : 18, 9)
  context.fill()
  if (small) return
  context.fillStyle = palette.page
  context.textAlign = 'center'
  context.fillText(label, x, y + 0.5, 2 * half - 6)
}
