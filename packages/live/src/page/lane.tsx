/** @jsxImportSource preact */
/// <reference lib="dom" />
import { useLayoutEffect, useRef } from 'preact/hooks'
import { explain } from '../scene/explain.js'
import { failures, type LaneScene } from '../scene/scene.js'
import { Charts } from './charts.js'
import type { Theatre } from './theatre.js'

const SUBTITLES: Readonly<Record<string, string>> = {
  sequential: 'one thread, one client at a time',
  threads: 'a thread for each client, as long as there is one',
  events: 'one thread, all clients at once',
}

interface Props {
  readonly lane: LaneScene
  readonly number: number
  readonly theatre: Theatre
  /** The tour speaks of it. */
  readonly looked: boolean
}

/** One server: what it is, who waits for whom, the stage, and the charts. */
export function Lane({ lane, number, theatre, looked }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => theatre.mount(number, canvas.current!), [theatre, number])
  const { info, established } = lane
  const id = `lane-${number}`
  const where = [info.address, info.transport && `transport ${info.transport}`].filter(Boolean).join(', ')
  return (
    <section class={`lane ${looked ? 'looked' : ''} ${lane.state}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{info.name}</h2>
        <span class="faint">{SUBTITLES[info.strategy ?? ''] ?? 'your program, as its clients see it'}</span>
        {where && <code class="faint">{where}</code>}
      </header>
      <p class="why">{explain(lane, theatre.player.at)}</p>
      <div class="stage">
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: it has no focus; the text around it says what it shows. */}
        <canvas ref={canvas} aria-hidden="true" />
        <Charts ticks={lane.ticks} />
      </div>
      <p class={`counts ${lane.failed.size + lane.unused === 0 ? 'quiet' : ''}`}>
        {established} established, {failures(lane)} failed{failureList(lane)}
        {lane.unused > 0 && `, ${lane.unused} closed without a message`}
      </p>
    </section>
  )
}

function failureList({ failed }: LaneScene): string {
  return failed.size === 0 ? '' : ` (${[...failed].map(([code, count]) => `${count} ${code}`).join(', ')})`
}
