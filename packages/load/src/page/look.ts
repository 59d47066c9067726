import type { CompareReport } from '../compare/compare.js'
import { COLOURS } from './colours.js'

/** How servers look, alike in all plots. */
export class Look {
  readonly names: readonly string[]
  readonly baseline: string
  readonly #servers: CompareReport['servers']

  constructor({ servers, baseline }: CompareReport) {
    this.names = servers.map(({ name }) => name)
    this.baseline = baseline
    this.#servers = servers
  }

  /** Our strategies have a hue each, and transports differ by dashes: what belongs together looks alike. */
  of(name: string): { readonly colour: string; readonly dash: string | undefined } {
    const server = this.#servers.find((one) => one.name === name)!
    const ours = [...new Set(this.#servers.flatMap(({ strategy }) => strategy ?? []))]
    const others = this.#servers.filter(({ strategy }) => !strategy).map((one) => one.name)
    const at = server.strategy ? ours.indexOf(server.strategy) : ours.length + others.indexOf(name)
    return {
      colour: `var(--server-${at % COLOURS.light.length})`,
      dash: server.transport === 'node' ? '5 3' : undefined,
    }
  }

  /** The line of a server. */
  stroke(name: string) {
    const { colour, dash } = this.of(name)
    return { stroke: colour, strokeWidth: 2, ...(dash && { strokeDasharray: dash }) }
  }

  /** How many letters of a name there is room for: on a phone, a long one would leave none for the plot. */
  nameLength(width: number): number {
    return Math.min(Math.max(...this.names.map((name) => name.length)), Math.floor((0.5 * width) / 7))
  }

  short(name: string, width: number): string {
    const most = this.nameLength(width)
    return name.length > most ? `${name.slice(0, most - 1)}…` : name
  }
}
