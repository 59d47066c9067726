import { text } from '../../message.js'
import type { Probe } from '../probe.js'
import type { ClientBench } from './bench.js'

/** Answers that are wrong for X, by what is wrong with them. */
export const WRONG_ANSWERS: Readonly<Record<string, (x: number) => string>> = {
  // With another first digit, if there are several: a comparison of beginnings notices that.
  'too-large': (x) => text(x < 10 ? x + 3 : x + 111),
  equal: (x) => text(x),
  'one-more': (x) => text(x + 2),
  'digit-more': (x) => `${text(x + 1)}0`,
  negative: (x) => text(-(x + 1)),
}

/** Answers without a number. */
export const WITHOUT_NUMBER = { letters: 'HELLO abc', 'word-alone': 'HELLO' } as const

/** What a program is asked that takes so long that all would take minutes. */
const FEW = ['too-large', 'letters']

/** Answers that are wrong; the server then waits. */
export const wrongAnswers: Probe<ClientBench> = {
  name: 'wrong answers',
  after: ['learning'],
  wanted: ({ understands }) => understands,
  async observe(bench) {
    const { takesItsTime, dress } = bench.facts
    const all: typeof WRONG_ANSWERS = {
      ...WRONG_ANSWERS,
      letters: () => WITHOUT_NUMBER.letters,
      'word-alone': () => WITHOUT_NUMBER['word-alone'],
    }
    for (const [purpose, answerOf] of Object.entries(all)) {
      if (takesItsTime && !FEW.includes(purpose)) continue
      const x = bench.number()
      await bench.run(x, { purpose, answer: [answerOf(x) + dress] })
    }
  },
}

/** The same programs with stdout as it is when they are graded: what is in a buffer when they end may be lost. */
export const piped: Probe<ClientBench> = {
  name: 'piped',
  after: ['learning'],
  wanted: ({ understands, takesItsTime }) => understands && !takesItsTime,
  async observe(bench) {
    await bench.run(bench.number(), { purpose: 'right', plain: true })
    const x = bench.number()
    await bench.run(x, { purpose: 'wrong', plain: true, answer: [WRONG_ANSWERS['too-large']!(x) + bench.facts.dress] })
  },
}
