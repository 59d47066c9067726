import { type Effect, escapeBytes } from '@hs/protocol'

const WIDTH = 44

/** An ASCII sequence diagram of one handshake, drawn line by line as it happens. */
export class Diagram {
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  begin(server: string): void {
    this.#print(`client${server.padStart(WIDTH + 4)}`)
    this.#print(`  |${' '.repeat(WIDTH)}|`)
  }

  effect(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#arrow(escapeBytes(effect.bytes), 'right')
        break
      case 'received':
        this.#arrow(effect.text, 'left')
        break
      case 'established':
        this.#arrow('close', 'right')
        break
      case 'failed':
        this.#arrow(effect.failure.code, 'none')
        this.#arrow('close', 'right')
        break
    }
  }

  #arrow(label: string, points: 'left' | 'right' | 'none'): void {
    const line = points === 'none' ? ' ' : '-'
    const text = ` ${label.slice(0, WIDTH - 6)} `
    const before = Math.floor((WIDTH - text.length) / 2)
    const shaft = line.repeat(before) + text + line.repeat(WIDTH - text.length - before)
    const arrow = points === 'left' ? `<${shaft.slice(1)}` : points === 'right' ? `${shaft.slice(0, -1)}>` : shaft
    this.#print(`  |${arrow}|`)
  }
}
