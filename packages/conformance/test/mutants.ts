import type { Expectation } from '../src/server-lab.js'

/** One planted bug: a flag of one of the programs in test/programs, and the case that is meant to catch it. */
export interface Mutant {
  readonly source: string
  readonly flag: string
  /** Other bugs that are planted with it. */
  readonly more?: readonly string[]
  /** What is wrong, in the words of a table. */
  readonly what: string
  readonly caught: string
  /** Other cases in which the same bug is rightly seen. */
  readonly also?: readonly string[]
  readonly expect?: Expectation
}

const server = (flag: string, what: string, caught: string, also?: readonly string[]): Mutant => ({
  source: 'server',
  flag,
  what,
  caught,
  ...(also && { also }),
})

const client = (flag: string, what: string, caught: string, also?: readonly string[]): Mutant => ({
  ...server(flag, what, caught, also),
  source: 'client',
})

export const MUTANTS: readonly Mutant[] = [
  server('SAME', 'answers X with X', 'S1.1'),
  server('PLUS_TWO', 'answers X with X+2', 'S1.1'),
  server('ATOI_OF_ALL', 'reads the number with atoi of the whole message', 'S1.1'),
  server('UNTIL_NUL', 'reads until a NUL comes', 'S1.2'),
  server('UNTIL_NEWLINE', 'reads until a newline comes', 'S1.2'),
  server('WAITALL', 'waits for 32 bytes (MSG_WAITALL)', 'S1.2'),
  server('NO_HTONS', 'forgets htons', 'S1.3'),
  server('LOWER_CASE', 'answers Hello', 'S1.4'),
  server('PADDED_NUMBER', 'pads the number with zeros', 'S1.4'),
  server('NO_WORD', 'answers the number alone', 'S1.4'),
  server('STRCAT', 'puts each answer behind the last', 'S1.4'),
  server('NEWLINE', 'sends a newline behind its answer', 'S1.5'),
  server('DIRTY_BUFFER', 'sends 32 bytes of a buffer that held something else', 'S1.7', ['S1.6']),
  server('ANSWERS_TWICE', 'sends its answer twice', 'S1.7'),
  server('ANSWERS_Z', 'answers Z too', 'S1.8'),
  server('TWO_WRITES', 'sends the word and the number by themselves', 'S1.9'),
  server('STALE', 'does not end what it received', 'S1.10'),
  server('ANSWER_STAYS', 'receives Z into the buffer that holds its own answer', 'S1.10'),
  server('ZERO', 'refuses X = 0', 'S1.11'),
  server('LENGTH_OF_RECEIVED', 'sends as many bytes as it received', 'S1.12'),
  {
    ...server('LENGTH_OF_RECEIVED', 'does not end what it received, and sends as many bytes', 'S1.12', ['S1.10']),
    more: ['STALE'],
  },
  server('UNSIGNED', 'refuses negative numbers', 'S1.13'),
  server('SKIPS_SIGN', 'reads the digits without the sign', 'S1.13'),
  server('SENTINEL', 'takes -1 for "no message yet"', 'S1.14'),
  server('SHORT', 'counts in 16 bits', 'S1.15'),
  server('FLOAT', 'counts in a float', 'S1.15'),
  server('TINY_BUFFER', 'has a buffer of 12 bytes', 'S1.15'),
  server('PRINTS_NOTHING', 'prints nothing', 'S2.1'),
  server('PRINTS_NUMBER', 'prints the number instead of the message', 'S2.1'),
  server('STDERR', 'prints messages on stderr', 'S2.1'),
  server('PREFIX', 'prints "Received: " before the message', 'S2.2'),
  server('NO_NEWLINE', 'prints without a newline', 'S2.2'),
  server('LAST_LINE_OPEN', 'prints Z without a newline', 'S2.2'),
  server('WHOLE_BUFFER_OUT', 'prints 64 bytes, whatever is in them', 'S2.2'),
  server('NO_THIRD', 'does not print Z', 'S2.3'),
  server('CUT_LINE', 'prints at most nine characters', 'S2.4'),
  server('GREETING', 'prints "Server listening" on stdout', 'S2.5'),
  server('LOGS_CLIENTS', 'prints "client connected" on stdout', 'S2.5'),
  server('PRINTS_ANSWER', 'prints its answer too', 'S2.5'),
  server('TWICE', 'prints each message twice', 'S2.5'),
  server('NO_FLUSH', 'does not flush stdout', 'S2.6'),
  server('PRINTS_LATE', 'prints X only when Z has come', 'S2.6'),
  server('NULS_OUT', 'prints the NULs of its buffer', 'S2.7'),
  server('BLANK_LINES', 'prints an empty line after each message', 'S2.7'),
  server('SENDS_FIRST', 'prints after it has answered', 'S2.9'),
  server('PRINTS_ONLY_RIGHT', 'prints Z only when it is right', 'S3.1'),
  server('NO_ERROR', 'prints no ERROR', 'S3.2'),
  server('ERROR_TEXT', 'prints "Wrong number" instead of ERROR', 'S3.2'),
  server('ERROR_LOWER', 'prints Error', 'S3.2'),
  server('ERROR_OPEN', 'prints ERROR without a newline', 'S3.2'),
  server('PREFIX_COMPARE', 'takes every Z that begins like the right one', 'S3.2'),
  server('AT_LEAST', 'takes every Z that is greater than Y', 'S3.2'),
  server('OPEN_ON_ERROR', 'keeps the connection open when Z is wrong', 'S3.3'),
  server('EXIT_ON_ERROR', 'ends when Z is wrong', 'S3.4'),
  server('EXIT_ON_ANYTHING', 'ends when Z is wrong, and where a message is missing', 'S3.4'),
  server('WRONG_COMPARE', 'compares Z with Y+2', 'S3.5'),
  server('SSCANF_KEEPS', 'does not look at what sscanf returns', 'S3.6'),
  server('WAITS_FOR_CLOSE', 'waits until the client closes', 'S4.1'),
  server('NEVER_CLOSES', 'never closes a connection', 'S4.1'),
  server('CLOSES_ONLY_ON_ERROR', 'closes only where Z is wrong', 'S4.1'),
  server('IMPATIENT', 'gives up on a client after 200 ms', 'S4.2'),
  server('CLOSES_BEFORE_Z', 'closes after its answer', 'S4.2'),
  server('ONE_CLIENT', 'ends after one client', 'S5.1'),
  server('EXIT_ON_EOF', 'ends when a client closes without a word', 'S5.2'),
  server('SPIN_AT_END', 'loops when recv returns 0', 'S5.2'),
  server('EXIT_ON_EOF_FOR_Z', 'ends when a client closes instead of sending Z', 'S5.4'),
  server('COUNTER_STAYS', 'counts messages over all connections', 'S5.4'),
  server('EXIT_ON_RESET', 'ends when a connection is reset', 'S5.5'),
  server('SIGPIPE', 'writes to a broken connection', 'S5.5'),
  server('MINUS_ONE', 'writes to buffer[-1] when recv fails', 'S5.5'),
  server('STRTOK', 'does not look at what strtok returns', 'S5.6'),
  server('OVERFLOW', 'copies what it received with strcpy', 'S5.7'),
  server('GIVES_UP', 'ends after 100 clients', 'S5.9'),
  server('LEAK', 'shuts connections down, but keeps their descriptors', 'S5.10'),
  server('ERROR_AT_PROBE', 'prints ERROR for a client that says nothing', 'S5.11'),
  server('ERROR_WHEN_LEFT', 'prints ERROR for a client that leaves', 'S5.11'),
  server('NO_ARGC', 'reads argv[1] without looking at argc', 'S8.1'),
  server('DEFAULT_PORT', 'serves some port when none is given', 'S8.1'),
  {
    source: 'server-threads',
    flag: 'GLOBAL_STATE',
    what: 'keeps the expected number in a global variable',
    caught: 'S6.2',
  },
  {
    source: 'server-threads',
    flag: 'ADDRESS_OF_LOOP_VARIABLE',
    what: 'gives its threads the address of one variable',
    caught: 'S6.3',
  },
  { source: 'server-threads', flag: 'ARRAY_OF_THREADS', what: 'has room for 64 threads, ever', caught: 'S5.9' },
  { source: 'server-threads', flag: 'TORN', what: 'prints a line in pieces', caught: 'S2.8' },
  {
    source: 'server-threads',
    flag: 'JOINS_AT_ONCE',
    what: 'waits for each thread before the next',
    caught: 'S6.1',
    expect: 'threads',
  },
  { source: 'server-select', flag: 'SEATS_STAY_TAKEN', what: 'never frees the rows of its table', caught: 'S5.9' },
  {
    source: 'server-select',
    flag: 'WHOLE_HANDSHAKE',
    what: 'does whole handshakes between two selects',
    caught: 'S6.1',
    expect: 'events',
  },
  { source: 'server-select', flag: 'TABLE_OF_TEN', what: 'has room for ten connections', caught: 'S6.3' },
  { source: 'server-select', flag: 'ALL_READY', what: 'serves a row twice when two are ready', caught: 'S6.3' },
  { source: 'server-select', flag: 'BUSY', what: 'calls select with a timeout of 0', caught: 'S5.12' },
  { source: 'server-epoll', flag: 'ONE_ACCEPT_PER_EDGE', what: 'accepts one connection per edge', caught: 'S6.3' },
  { source: 'server-fork', flag: 'PARENT_KEEPS', what: 'does not close its copy after fork', caught: 'S4.1' },
  client('IGNORES_X', 'always begins with 1', 'C1.1'),
  client('FIXED_LENGTH', 'always sends 8 bytes', 'C1.1'),
  client('SAME', 'sends Y again instead of Z', 'C1.2'),
  client('NO_Z', 'does not send Z', 'C1.2'),
  client('UNTIL_NUL', 'reads until a NUL comes', 'C1.3'),
  client('LOWER_CASE', 'sends hello', 'C1.4'),
  client('SENDS_NUMBER', 'sends the number alone', 'C1.4'),
  client('NEWLINE', 'sends newlines', 'C1.5'),
  client('SENDS_Z_EARLY', 'sends Z before the answer', 'C1.7'),
  client('TWO_WRITES', 'sends the word and the number by themselves', 'C1.8'),
  client('STALE', 'does not end what it received', 'C1.9'),
  client('LENGTH_OF_RECEIVED', 'sends as many bytes as it received', 'C1.11'),
  client('TINY_BUFFER', 'has a buffer of 12 bytes', 'C1.14'),
  client('PRINTS_NOTHING', 'prints nothing', 'C2.1'),
  client('STDERR', 'prints the answer on stderr', 'C2.1'),
  client('PREFIX', 'prints "Server says: " before the answer', 'C2.2'),
  client('NO_NEWLINE', 'prints without a newline', 'C2.2'),
  client('PRINTS_SENT', 'prints what it sends', 'C2.3'),
  client('WHOLE_BUFFER_OUT', 'prints the NULs of its buffer', 'C2.4'),
  client('NO_FLUSH', 'does not flush stdout before it sends Z', 'C2.5'),
  client('NO_CHECK', 'does not look at Y', 'C3.1'),
  client('NO_ERROR', 'prints no ERROR', 'C3.1'),
  client('ERROR_TEXT', 'prints "sequence mismatch" instead of ERROR', 'C3.1'),
  client('AT_LEAST', 'takes every Y that is greater than X', 'C3.1'),
  client('PREFIX_COMPARE', 'takes every Y that begins like the right one', 'C3.1'),
  client('Z_AFTER_ERROR', 'sends Z although Y is wrong', 'C3.2'),
  client('OPEN_ON_ERROR', 'waits for the server when Y is wrong', 'C3.3'),
  client('PRINTS_ONLY_RIGHT', 'prints Y only when it is right', 'C3.4'),
  client('ALWAYS_ERROR', 'prints ERROR always', 'C3.5'),
  client('SSCANF_KEEPS', 'does not look at what sscanf returns', 'C3.6'),
  client('WAITS_FOR_SERVER', 'waits until the server closes', 'C4.1'),
  client('RUNS_ON', 'closes, and does not end', 'C4.2'),
  client('IMPATIENT', 'gives up on the server after 200 ms', 'C4.3'),
  client('LOOPS_AT_END', 'loops when recv returns 0', 'C4.4'),
  client('SILENT_AT_END', 'prints no ERROR when the server closes', 'C4.5'),
  client('OVERFLOW', 'copies what it received with strcpy', 'C4.6'),
  client('RETRIES_FOR_EVER', 'tries to connect for ever', 'C4.7'),
  client('STATUS', 'ends with status 1 on success', 'C6.1'),
  client('NO_ARGC', 'reads argv[3] without looking at argc', 'C6.2', ['C6.3']),
]

/** Right programs, each in a style that people write; what they are rightly told is no failure. */
export interface RightProgram {
  readonly source: string
  readonly flags?: readonly string[]
  readonly nature?: string
  /** Passes with --strict. */
  readonly robust?: true
  /** SHOULD cases that tell about the style. */
  readonly told?: readonly string[]
}

export const RIGHT_PROGRAMS: readonly RightProgram[] = [
  { source: 'server', nature: 'sequential' },
  { source: 'server', flags: ['SEND_NUL', 'ERROR_ON_STDERR'], nature: 'sequential', told: ['S1.6'] },
  { source: 'server', flags: ['SEND_BUFFER'], nature: 'sequential', told: ['S1.6'] },
  { source: 'server-write', nature: 'sequential' },
  { source: 'server-threads', nature: 'threads' },
  { source: 'server-pool', nature: 'threads' },
  { source: 'server-fork', nature: 'processes' },
  { source: 'server-select', nature: 'events' },
  { source: 'server-poll', nature: 'events' },
  { source: 'server-epoll', nature: 'events' },
  { source: 'server-robust', nature: 'threads', robust: true },
  { source: 'client' },
  { source: 'client', flags: ['SEND_NUL', 'ERROR_ON_STDERR'], told: ['C1.6'] },
  { source: 'client', flags: ['SEND_BUFFER'], told: ['C1.6'] },
  { source: 'client-robust', robust: true },
]
