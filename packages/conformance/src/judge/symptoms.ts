/** The closed set of what can be wrong, by the name under which explanations speak of it. */
export const SYMPTOMS = [
  // No right handshake was seen, so this case cannot be judged.
  'unanswered',
  // The wire
  'unconnected',
  'silent',
  'wrong-number',
  'answered-sometimes',
  'needs-dress',
  'other-port',
  'malformed',
  'something-in-front',
  'newline-sent',
  'nul-sent',
  'sent-too-much',
  'answers-z',
  'answers-z-of-number',
  'split',
  'stale-reply',
  'stale-line',
  'stale-judged',
  'length-of-received',
  // Printing
  'not-printed',
  'printed-on-stderr',
  'not-alone-on-line',
  'two-on-a-line',
  'line-open',
  'wrong-order',
  'printed-twice',
  'more-on-stdout',
  'lost-by-kill',
  'empty-line',
  'invisible-bytes',
  'answered-before-printed',
  'sent-before-printed',
  // Lines come too late, or not at all, for this case to be judged.
  'output-late',
  'output-none',
  // Clients
  'no-connection',
  'first-missing',
  'first-wrong',
  'third-missing',
  'third-wrong',
  // The program has no room for these numbers, so they were not tried.
  'no-room',
  'says-more',
  // Wrong third messages
  'third-not-printed',
  'error-before-line',
  'error-missing',
  'error-elsewhere',
  'error-sent',
  'error-in-other-words',
  'error-late',
  'error-open',
  'error-for-right',
  'stays-open',
  'closed-early',
  // Ends, and clients that are not served
  'ended',
  'next-not-served',
  'series-ended',
  // What stays after clients have gone
  'descriptors-stay',
  'zombies',
  'threads-stay',
  'memory-stays',
  'busy',
  // Unusual deliveries
  'not-understood',
  'third-cut',
  'error-for-delivery',
  'not-finished',
  // What a server survives
  'left-open',
  'error-for-leaver',
  // Many clients at once
  'other-model',
  // It serves one client at a time, so this case cannot be judged.
  'not-concurrent',
  'forgotten',
  'mixed-up',
  'kept-open',
  'error-among-others',
  'lines-missing',
  'queue-full',
  'torn',
  // Arguments
  'runs-on',
  'crashed',
  // Clients that were answered wrongly, or have ended
  'sent-after-wrong',
  'status-not-zero',
  // Not of time: such a wait is prolonged while the machine is late, and looking again costs five seconds more.
  'waits-for-ever',
] as const

export type Symptom = (typeof SYMPTOMS)[number]

/** Something did not come: on a machine that was late itself, that may be the machine's fault. */
export const OF_TIME: readonly Symptom[] = [
  'silent',
  'unconnected',
  'answered-sometimes',
  'needs-dress',
  'not-printed',
  'lost-by-kill',
  'answered-before-printed',
  'no-connection',
  'first-missing',
  'third-missing',
  'third-not-printed',
  'error-missing',
  'stays-open',
  'next-not-served',
  'series-ended',
  'not-understood',
  'third-cut',
  'not-finished',
  'runs-on',
  'left-open',
  'forgotten',
  'kept-open',
  'lines-missing',
]
