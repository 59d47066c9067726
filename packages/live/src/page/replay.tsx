/** @jsxImportSource preact */
/// <reference lib="dom" />
import { Slider } from './controls.js'
import type { Player } from './player.js'

const SPEEDS = [0.25, 0.5, 1, 2, 4]

/** Where a recording is, and how fast it plays. */
export function ReplayBar({ player }: { readonly player: Player }) {
  const seconds = (ms: number) => `${((ms - player.start) / 1000).toFixed(1)} s`
  return (
    <>
      <Slider
        label="Moment"
        shown={`${seconds(player.at)} of ${seconds(player.end)}`}
        value={player.at - player.start}
        least={0}
        most={player.end - player.start}
        step={100}
        onChange={(ms) => player.seek(player.start + ms)}
      />
      <label class="slow">
        Speed
        <select
          value={player.speed}
          onChange={({ currentTarget }) => {
            player.speed = Number(currentTarget.value)
          }}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed} ×
            </option>
          ))}
        </select>
      </label>
    </>
  )
}
