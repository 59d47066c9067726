/** @jsxImportSource preact */
/// <reference lib="dom" />
import { render } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useReducer, useState } from 'preact/hooks'
import type { Command } from '../scene/commands.js'
import type { Recording } from '../scene/events.js'
import { TOUR } from '../scene/tour.js'
import { ACTIONS, Button, Buttons, Sliders } from './controls.js'
import { Lane } from './lane.js'
import { ReplayBar } from './replay.js'
import { LiveSource } from './source.js'
import { MOST_DRAWN, Theatre } from './theatre.js'
import { Tour } from './tour.js'

/** Text and charts change this often; what moves is painted in each frame. */
const REFRESH_MS = 200

const WIDE = matchMedia('(min-width: 48rem)').matches

const text = document.getElementById('recording')!.textContent!
const recording = text === '' ? undefined : (JSON.parse(text) as Recording)
const theatre = new Theatre(recording?.events)
const source = recording
  ? undefined
  : new LiveSource((events) => theatre.player.add(events, performance.now(), document.visibilityState === 'visible'))

function App() {
  const [, refresh] = useReducer((count: number) => count + 1, 0)
  const [said, setSaid] = useState('')
  const [step, setStep] = useState<number>()
  const [keys, setKeys] = useState(true)
  useEffect(() => {
    const timer = setInterval(() => refresh(undefined), REFRESH_MS)
    return () => clearInterval(timer)
  }, [])
  const { player } = theatre

  const send = async (command: Command, words: string) => {
    const { scene } = player
    const { settings } = scene
    // A control stays where it was put while hs-live is asked.
    if (command.do === 'set') scene.settings = { ...settings, ...command }
    refresh(undefined)
    const problem = await source?.send(command)
    if (problem !== undefined) scene.settings = settings
    setSaid(problem ?? words)
    refresh(undefined)
  }
  const pause = (paused: boolean) => {
    player.paused = paused
    void send({ do: 'set', holding: paused }, paused ? 'Paused. New clients are held back.' : 'Continues.')
  }
  const next = () => {
    if (!player.paused) pause(true)
    const event = player.step()
    setSaid(event ? `Step: ${event.type}.` : 'Nothing more has happened yet: send a client.')
  }
  const goLive = () => player.goLive()
  const goTo = (to: number | undefined) => {
    setStep(to)
    player.paused = false
    if (to !== undefined) for (const command of TOUR[to]!.commands) void send(command, '')
  }

  const shortcuts = useMemo(
    () =>
      new Map<string, () => void>([
        ...(source ? ACTIONS.map(([key, , command, said]) => [key, () => void send(command, said)] as const) : []),
        ['p', () => pause(!player.paused)],
        ['n', next],
        ['l', goLive],
      ]),
    [],
  )
  // As soon as the box is cleared, and not after the next frame.
  useLayoutEffect(() => {
    if (!keys) return
    const onKey = (event: KeyboardEvent) => {
      const busy = event.target instanceof HTMLElement && event.target.closest('select')
      if (busy || event.ctrlKey || event.metaKey || event.altKey) return
      shortcuts.get(event.key)?.()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [keys, shortcuts])

  const { lanes, settings } = player.scene
  return (
    <>
      <header class="top">
        <h1>{recording ? recording.header.title : 'Three servers, the same clients'}</h1>
        <p class="faint">
          Each client says HELLO X, hears HELLO X+1, and says HELLO X+2. A dot is a connection, and its number is X.
        </p>
        {source && step === undefined && (
          <button type="button" class="primary" onClick={() => goTo(0)}>
            Take the tour
          </button>
        )}
      </header>
      {source && <Contact source={source} />}
      {step !== undefined && <Tour step={step} onStep={goTo} />}
      {/* On a phone, the lanes come first. */}
      <details class="controls" open={WIDE}>
        <summary>Controls</summary>
        {source && <Buttons send={send} />}
        {source && <Sliders settings={settings} send={send} />}
        <fieldset class="row" aria-label="Time">
          <Button keys="p" pressed={player.paused} onClick={() => pause(!player.paused)}>
            Pause
          </Button>
          <Button keys="n" onClick={next}>
            Step
          </Button>
          {source && player.lagMs > 0 && !player.paused && (
            <Button keys="l" onClick={goLive}>
              {`${(player.lagMs / 1000).toFixed(1)} s behind: go live`}
            </Button>
          )}
          {!source && <ReplayBar player={player} />}
          <label class="keys">
            <input type="checkbox" checked={keys} onChange={({ currentTarget }) => setKeys(currentTarget.checked)} />
            keys without Ctrl or Alt
          </label>
          <output class="said">{said}</output>
        </fieldset>
      </details>
      {theatre.crowded && (
        <p class="crowded">More than {MOST_DRAWN} connections: they are drawn as bars, and messages are left out.</p>
      )}
      {lanes.map((lane, number) => (
        <Lane
          key={number}
          lane={lane}
          number={number}
          theatre={theatre}
          looked={step !== undefined && lane.info.strategy === TOUR[step]!.look}
        />
      ))}
      <Legend />
    </>
  )
}

function Contact({ source }: { readonly source: LiveSource }) {
  const { contact } = source
  const words = {
    live: '',
    connecting: 'No connection to hs-live: trying again.',
    silent: 'hs-live is silent: it may be stopped.',
    refused: 'hs-live was started anew: open the address that it printed.',
  }[contact]
  return (
    <p role="alert" class="contact" hidden={words === ''}>
      {words}
    </p>
  )
}

function Legend() {
  return (
    <footer class="faint">
      <p>
        Hollow: waits. Filled: a thread serves it. A small box at a hollow dot: its HELLO X has arrived, and no thread
        has read it. The last third of a pause is drawn as the way of the message; on a real loopback it takes a few
        hundredths of a millisecond.
      </p>
      <p>
        p50 and p99 are those of normal clients, from arrival to the end, over five seconds. CPU is that of the server's
        process, in percent of a core.
      </p>
    </footer>
  )
}

declare global {
  interface Window {
    /** For tests and measurements. */
    hsLive: Theatre
  }
}
window.hsLive = theatre
render(<App />, document.getElementById('app')!)
