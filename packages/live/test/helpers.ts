import { setTimeout as sleep } from 'node:timers/promises'
import { type Live, type LiveOptions, live } from '@hs/live'
import { onTestFinished } from 'vitest'
import type { Command } from '../src/scene/commands.js'
import type { SceneEvent } from '../src/scene/events.js'
import { apply, emptyScene, type LaneScene, type Scene } from '../src/scene/scene.js'

/** Long enough for a machine that is busy; nothing is measured by it. */
const MOST_MS = 40_000

const LOOK_MS = 20

export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const limit = performance.now() + MOST_MS
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > limit) throw new Error(`it never came to this: ${what}`)
    await sleep(LOOK_MS)
  }
}

/** A page without a browser: it sees the same events, and asks in the same way. */
export class Watcher {
  readonly url: string
  readonly scene: Scene = emptyScene()
  readonly events: SceneEvent[] = []
  readonly #leaving = new AbortController()

  constructor(url: string) {
    this.url = url
    void this.#read().catch(() => {})
  }

  lane(name: string): LaneScene {
    const lane = this.scene.lanes.find(({ info }) => info.name === name)
    if (!lane) throw new Error(`no lane is called ${name}`)
    return lane
  }

  async send(command: Command): Promise<void> {
    const response = await fetch(`${this.url}command`, { method: 'POST', body: JSON.stringify(command) })
    if (!response.ok) throw new Error(await response.text())
  }

  close(): void {
    this.#leaving.abort()
  }

  async #read(): Promise<void> {
    const response = await fetch(`${this.url}events`, { signal: this.#leaving.signal })
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (text + chunk).split('\n\n')
      text = parts.pop()!
      for (const part of parts.filter((each) => each.startsWith('data: '))) {
        for (const event of JSON.parse(part.slice(6)) as SceneEvent[]) {
          apply(this.scene, event)
          this.events.push(event)
        }
      }
    }
  }
}

/** Starts servers and a watcher for one test. At first, no client arrives by itself. */
export async function startLive(options: LiveOptions = {}): Promise<{ page: Live; watcher: Watcher }> {
  const page = await live({ ...options, settings: { rate: 0, thinkMs: 90, ...options.settings } })
  const watcher = new Watcher(page.url)
  onTestFinished(async () => {
    watcher.close()
    await page[Symbol.asyncDispose]()
  })
  await until('the first events', () => watcher.scene.lanes.length > 0)
  return { page, watcher }
}
