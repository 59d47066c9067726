import { text } from './message.js'

/** So many are remembered. */
const REMEMBERED = 8
/** `HELLO 1`: shorter is no answer that another could stand behind. */
const SHORTEST = 7

/** What a process answered last: some programs put their answers behind one another. */
export class EarlierAnswers {
  #texts: string[] = []

  add(reply: Uint8Array): void {
    this.#texts = [textOf(reply), ...this.#texts.slice(0, REMEMBERED - 1)]
  }

  /** Whether a reply is the answer with this number, and something stands in front of it. */
  isInFrontOf(number: number, reply: Uint8Array): boolean {
    const said = textOf(reply)
    return (
      (said.endsWith(text(number)) && said !== text(number)) ||
      this.#texts.some((earlier) => earlier !== '' && said === `${earlier}${number}`)
    )
  }

  /** Whether anything stands in front of a reply: another one, or what memory held. */
  isInFront(reply: Uint8Array): boolean {
    const said = textOf(reply)
    return (
      said.lastIndexOf('HELLO') > 0 ||
      this.#texts.some((earlier) => earlier.length > SHORTEST && earlier !== said && said.startsWith(earlier))
    )
  }
}

const textOf = (reply: Uint8Array) =>
  Buffer.from(reply)
    .toString('latin1')
    .replace(/[\0\r\n]+$/, '')
