/** @jsxImportSource preact */
import type { Tick } from '../scene/events.js'
import { TICKS_KEPT } from '../scene/scene.js'

const WIDTH = 96
const HEIGHT = 18

const CHARTS = [
  { name: 'served', of: ({ established }: Tick) => established, show: whole },
  { name: 'waiting', of: ({ waiting }: Tick) => waiting, show: whole },
  {
    name: 'per second',
    of: ({ perSecond }: Tick) => perSecond,
    show: (value: number) => String(Math.round(value * 10) / 10),
  },
  { name: 'p50', of: ({ p50 }: Tick) => p50, show: time },
  { name: 'p99', of: ({ p99 }: Tick) => p99, show: time },
  { name: 'CPU', of: ({ cpu }: Tick) => cpu, show: (value: number) => `${Math.round(value)} %` },
] as const

/** The last minute of one lane, as small charts beside their numbers. */
export function Charts({ ticks }: { readonly ticks: readonly Tick[] }) {
  const last = ticks.at(-1)
  return (
    <dl class="charts">
      {CHARTS.map(({ name, of, show }) => {
        const value = last && of(last)
        return (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === undefined ? '–' : show(value)}</dd>
            <dd class="spark" aria-hidden="true">
              <Sparkline values={ticks.map(of)} />
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

function Sparkline({ values }: { readonly values: readonly (number | undefined)[] }) {
  const most = Math.max(1, ...values.map((value) => value ?? 0))
  const x = (index: number) => (((TICKS_KEPT - values.length + index) / (TICKS_KEPT - 1)) * WIDTH).toFixed(1)
  const y = (value: number) => (HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)
  let pen = 'M'
  const path = values.map((value, index) => {
    if (value === undefined) {
      pen = 'M'
      return ''
    }
    const point = `${pen}${x(index)} ${y(value)}`
    pen = 'L'
    return point
  })
  return (
    <svg role="presentation" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT}>
      <path d={path.join('')} />
    </svg>
  )
}

function whole(value: number): string {
  return value.toLocaleString('en-US')
}

function time(ms: number): string {
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}
