import type { EventOf } from '../../observe/observation.js'
import { type Judgement, noted, RIGHT } from '../judgement.js'
import type { ServerJudge, ServerSeen } from './common.js'

type Exit = EventOf<'exit'>

/** A run with other arguments, and how it ended by itself. */
const ofTrial =
  (purpose: string, judge: (exit: Exit | undefined, at: { probe: string; from: number; to: number }) => Judgement) =>
  ({ observations, settings }: ServerSeen): Judgement => {
    const events = observations.get('usage')?.events ?? []
    const from = events.findIndex((event) => event.type === 'trial' && event.purpose === purpose)
    const trial = events[from]
    if (trial?.type !== 'trial')
      return settings.placeholders.includes('{port}')
        ? { symptom: 'unanswered', evidence: {} }
        : { unseen: 'no-argument', applicable: false }
    const exit = events.find((event): event is Exit => event.type === 'exit' && event.process === trial.process)
    const next = events.findIndex((event, at) => at > from && event.type === 'trial')
    return judge(exit, { probe: 'usage', from, to: next < 0 ? events.length : next })
  }

const endOf = ({ code, signal }: Exit) => (signal ? `killed by ${signal}` : `status ${code}`)

const ends = (purpose: string): ServerJudge =>
  ofTrial(purpose, (exit, at) => {
    if (exit) return noted('ends-with', { end: endOf(exit) })
    const evidence = {
      at,
      expected: 'its end within 3 s',
      received: 'it runs on',
      words: true as const,
      values: { how: purpose },
    }
    return { symptom: 'runs-on', evidence }
  })

const doesNotCrash: ServerJudge = ofTrial('without arguments', (exit, at) => {
  if (!exit) return { symptom: 'runs-on', evidence: { at, values: { how: 'without arguments' } } }
  if (!exit.signal) return RIGHT
  const values = { how: 'without arguments', signal: exit.signal }
  const evidence = { at, expected: 'an end of its own accord', received: endOf(exit), words: true as const, values }
  return { symptom: 'crashed', evidence }
})

export const usage = {
  'S8.1': ends('without arguments'),
  'S8.2': ends('an extra argument'),
  'S8.3': doesNotCrash,
} satisfies Record<string, ServerJudge>
