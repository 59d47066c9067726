/// <reference lib="dom" />
/** Everything that moves: the player, a stage for each lane, and the loop that paints them. */
import type { SceneEvent } from '../scene/events.js'
import type { LaneScene } from '../scene/scene.js'
import { STAGE_HEIGHT } from './layout.js'
import { type Palette, paint } from './paint.js'
import { Player } from './player.js'
import { followScheme } from './scheme.js'
import { Stage } from './stage.js'

/** More connections than this, in all lanes together, are drawn as bars. */
export const MOST_DRAWN = 500

interface Mounted {
  readonly canvas: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  width: number
  /** What it shows of a lane in which nothing moves; undefined: it does. */
  still: string | undefined
}

export class Theatre {
  readonly player: Player
  readonly stages: Stage[] = []
  readonly #mounted = new Map<number, Mounted>()
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)')
  #palette!: Palette
  #last = performance.now()
  /** Frames so far, for measurements. */
  frames = 0

  constructor(recording: readonly SceneEvent[] | undefined) {
    this.player = new Player(recording, (event) => this.#see(event))
    followScheme(() => {
      this.#palette = paletteOf()
    })
    requestAnimationFrame(() => this.#frame())
  }

  get crowded(): boolean {
    return this.player.scene.lanes.reduce((sum, { connections }) => sum + connections.size, 0) > MOST_DRAWN
  }

  /** @returns What to call when the canvas goes. */
  mount(lane: number, canvas: HTMLCanvasElement): () => void {
    const mounted: Mounted = { canvas, context: canvas.getContext('2d')!, width: 0, still: undefined }
    this.#mounted.set(lane, mounted)
    const observer = new ResizeObserver(() => resize(mounted))
    observer.observe(canvas.parentElement!)
    resize(mounted)
    return () => {
      observer.disconnect()
      if (this.#mounted.get(lane) === mounted) this.#mounted.delete(lane)
    }
  }

  #see(event: SceneEvent): void {
    if (!('lane' in event)) return
    const lane = this.player.scene.lanes[event.lane]
    if (lane) this.#stage(event.lane).see(event, lane)
  }

  #stage(lane: number): Stage {
    this.stages[lane] ??= new Stage()
    return this.stages[lane]
  }

  /** A lane in which nothing moves is painted once: an idle page costs nothing. */
  #stillOf(
    { connections, established, failed, state, info }: LaneScene,
    { dots, leaving, messages }: Stage,
  ): string | undefined {
    if (connections.size + dots.size + leaving.size + messages.length > 0) return undefined
    return [established, ...failed.values(), state, info.threads, this.#palette.page].join()
  }

  #frame(): void {
    requestAnimationFrame(() => this.#frame())
    const now = performance.now()
    const elapsed = Math.min(100, now - this.#last)
    this.#last = now
    this.frames++
    const { player } = this
    player.frame(now)
    const { crowded } = this
    const moving = !this.#calm.matches
    player.scene.lanes.forEach((lane, number) => {
      const mounted = this.#mounted.get(number)
      if (!mounted || mounted.width === 0) return
      const stage = this.#stage(number)
      const { context, width } = mounted
      const still = this.#stillOf(lane, stage)
      if (still !== undefined && still === mounted.still) return
      mounted.still = still
      stage.move(lane, width, elapsed, player.at, moving)
      paint(context, {
        lane,
        stage,
        width,
        now: player.at,
        palette: this.#palette,
        crowded,
        moving: moving && !player.paused,
      })
    })
  }
}

/** As many pixels as the screen has. */
function resize(mounted: Mounted): void {
  const { canvas, context } = mounted
  const width = canvas.clientWidth
  const ratio = devicePixelRatio
  if (width === 0) return
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(STAGE_HEIGHT * ratio)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  mounted.width = width
  mounted.still = undefined
}

/** The colours of the style sheet. */
function paletteOf(): Palette {
  const style = getComputedStyle(document.documentElement)
  const names = ['page', 'ink', 'faint', 'line', 'zone', 'waiting', 'served', 'good', 'bad'] as const
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)])) as unknown as Palette
}
