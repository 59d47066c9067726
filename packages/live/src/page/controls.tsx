/** @jsxImportSource preact */
/// <reference lib="dom" />
import type { ComponentChildren } from 'preact'
import type { Command } from '../scene/commands.js'
import type { ClientKind, Settings } from '../scene/events.js'
import { LIMITS, RATES } from '../scene/limits.js'
import { cornersOf } from './shapes.js'

export type Send = (command: Command, said: string) => void

/** A button: its key, what is on it, what it does, and what is said when it is pressed. */
export const ACTIONS: readonly (readonly [key: string, label: string, command: Command, said: string])[] = [
  ['c', 'One client', clients('normal'), 'One client to each server.'],
  ['b', 'Burst of 50', clients('normal', 50), '50 clients to each server.'],
  ['s', 'Slow client', clients('slow'), 'A client that thinks four times longer.'],
  ['t', 'Stall one client', clients('stalled'), 'A client that says HELLO X, and then nothing.'],
  ['r', 'Reset', clients('reset'), 'A client that breaks its connection.'],
  ['w', 'Wrong Z', clients('wrong'), 'A client whose last number is wrong.'],
  ['g', 'Release stalled', { do: 'release' }, 'Stalled clients continue.'],
  ['0', 'Start over', { do: 'restart' }, 'New servers, and no clients.'],
]

export function Buttons({ send }: { readonly send: Send }) {
  return (
    <fieldset class="row" aria-label="Clients">
      {ACTIONS.map(([key, label, command, said]) => (
        <Button key={key} keys={key} onClick={() => send(command, said)}>
          {command.do === 'clients' && <Shape kind={command.kind} />}
          {label}
        </Button>
      ))}
    </fieldset>
  )
}

export function Sliders({ settings, send }: { readonly settings: Settings; readonly send: Send }) {
  const rate = nearest(settings.rate)
  const set = (changes: Partial<Settings>) => send({ do: 'set', ...changes }, '')
  return (
    <fieldset class="row sliders" aria-label="Settings">
      <Slider
        label="Clients per second"
        shown={`${RATES[rate]}`}
        value={rate}
        least={0}
        most={RATES.length - 1}
        onChange={(index) => set({ rate: RATES[index]! })}
      />
      <Slider
        label="Threads"
        shown={`${settings.threads}`}
        value={settings.threads}
        least={LIMITS.threads[0]}
        most={LIMITS.threads[1]}
        onChange={(threads) => set({ threads })}
      />
      <Slider
        label="Clients think"
        shown={`${settings.thinkMs} ms`}
        value={settings.thinkMs}
        least={LIMITS.thinkMs[0]}
        most={3_000}
        step={100}
        onChange={(thinkMs) => set({ thinkMs })}
      />
      <label class="slow">
        Slow motion
        <select
          value={settings.slowMotion}
          onChange={({ currentTarget }) => set({ slowMotion: Number(currentTarget.value) })}
        >
          {[1, 2, 5, 10].map((factor) => (
            <option key={factor} value={factor}>
              {factor === 1 ? 'off' : `${factor} times slower`}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  )
}

interface SliderProps {
  readonly label: string
  readonly shown: string
  readonly value: number
  readonly least: number
  readonly most: number
  readonly step?: number
  readonly onChange: (value: number) => void
}

export function Slider({ label, shown, value, least, most, step = 1, onChange }: SliderProps) {
  return (
    <label class="slider">
      <span>
        {label}: <b>{shown}</b>
      </span>
      <input
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        aria-valuetext={shown}
        onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
    </label>
  )
}

interface ToggleProps {
  readonly keys: string
  readonly onClick: () => void
  readonly pressed?: boolean
  readonly disabled?: boolean
  readonly children: ComponentChildren
}

export function Button({ keys, onClick, pressed, disabled, children }: ToggleProps) {
  return (
    <button type="button" aria-keyshortcuts={keys} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      {children} <Key name={keys} />
    </button>
  )
}

/** It has `aria-keyshortcuts` for whoever does not see it. */
function Key({ name }: { readonly name: string }) {
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it has no focus of its own.
  return <kbd aria-hidden="true">{name}</kbd>
}

function Shape({ kind }: { readonly kind: ClientKind }) {
  const corners = cornersOf(kind)
  return (
    <svg class="shape" viewBox="-1.4 -1.4 2.8 2.8" width="14" height="14" aria-hidden="true">
      {corners.length === 0 ? (
        <circle r="1" />
      ) : (
        <polygon points={corners.map((corner) => corner.join(' ')).join(' ')} />
      )}
    </svg>
  )
}

function clients(kind: ClientKind, count = 1): Command {
  return { do: 'clients', kind, count }
}

function nearest(rate: number): number {
  const index = RATES.findIndex((each) => each >= rate)
  return index === -1 ? RATES.length - 1 : index
}
