import type { Expectation } from '../src/report/report.js'

/** One planted bug: a flag of one of the programs in test/programs, and the case that is meant to catch it. */
export interface Mutant {
  readonly source: string
  /** The bug, and others that are planted with it. */
  readonly flags: readonly string[]
  /** What is wrong, in the words of a table. */
  readonly what: string
  readonly caught: string
  /** Other cases in which the same bug is rightly seen. */
  readonly also: readonly string[]
  /** The key of the cause that the report names. */
  readonly cause: string
  readonly expect?: Expectation
}

/** Program and flags | what is wrong | the case that catches it, and others that see it | the cause that is named. */
const TABLE = `
server SAME | answers X with X | S1.1 | number-unchanged
server PLUS_TWO | answers X with X+2 | S1.1 | increased-twice
server TEXT_PLUS_ONE | adds "1" to the text of X | S1.1 | text-plus-one
server UNTIL_END | reads until the client closes | S1.1 | waits-for-more
server ATOI_OF_ALL | reads the number with atoi of the whole message | S1.1 | atoi-of-all
server SIZE_OF_POINTER | sends sizeof of a pointer | S1.1 | size-of-pointer
server NEVER_READS | accepts, and never reads | S1.1 | never-read
server SHUTS_FIRST | shuts the connection down before it sends | S1.1 | closes-unanswered
server CHAR | counts in 8 bits | S1.1 | narrow-type
server TOO_EARLY | does not wait for the first message of all | S1.1 | reads-too-early
server UNTIL_NUL | reads until a NUL comes | S1.2 | reads-until
server UNTIL_NEWLINE | reads until a newline comes | S1.2 | reads-until
server WAITALL | waits for 32 bytes (MSG_WAITALL) | S1.2 | reads-until
server NO_HTONS | forgets htons | S1.3 | port-swapped
server FIXED_PORT | listens on a port of its own choice | S1.3 | port-fixed
server PORT_PLUS_ONE | listens on the next port | S1.3 | port-changed
server NO_PORT | listens on any port | S1.3 | port-unset
server LOWER_CASE | answers Hello | S1.4 | printed-otherwise
server PADDED_NUMBER | pads the number with zeros | S1.4 | padded-number
server PADS_SHORT_NUMBERS | pads numbers of less than three digits with zeros | S1.4 | padded-number
server NO_WORD | answers the number alone | S1.4 | printed-otherwise
server STRCAT | appends each answer to the one before | S1.4 | appended
server STRCAT+LITTLE_ROOM | appends each answer to the one before, in an array of 512 bytes | S1.4 | appended
server NEWLINE | sends a newline after its answer | S1.5 | newline-in-message
server DIRTY_BUFFER | sends 32 bytes of a buffer that held something else | S1.7 | leftovers-sent
server ANSWERS_TWICE | sends its answer twice | S1.7 | sent-twice
server ANSWERS_Z | answers Z too | S1.8 | answers-in-a-loop
server SENDS_ERROR_TOO | prints ERROR, and sends it to the client, too | S1.8 | error-sent
server TWO_WRITES | sends the word and the number by themselves | S1.9 | two-calls
server STALE | does not end what it received | S1.10 | buffer-not-ended
server UNENDED+EXIT_AT_Z | does not end what it received, and ends itself at every Z | S1.10, S2.3 | buffer-not-ended
server Z_OVER_X+ERROR_LOWER | receives Z over X, and prints "Error" for what it reads then | S1.10, S3.2 | buffer-not-ended
server ANSWER_STAYS | receives Z into the buffer that holds its own answer | S1.10 | buffer-not-ended
server STALE_BEHIND_NUL | reads the whole buffer with what is left in it, also after a NUL | S1.10 | buffer-not-ended
server ZERO | refuses X = 0 | S1.11 | refuses-number
server LENGTH_OF_RECEIVED | sends as many bytes as it received | S1.12 | length-of-received
server LENGTH_OF_RECEIVED+STALE | does not end what it received, and sends as many bytes | S1.12, S1.10 | length-of-received
server LENGTH_OF_RECEIVED+DIGITS_IN_MEMORY | reads digits after its first message, and sends as many bytes | S1.12, S1.10 | length-of-received
server UNSIGNED | refuses negative numbers | S1.13 | refuses-number
server SKIPS_SIGN | reads the digits without the sign | S1.13 | sign-lost
server NO_SIGN | prints the number with %u | S1.13 | no-sign
server OWN_DIGITS | makes digits only of numbers above zero | S1.13 | no-digits
server SENTINEL | takes -1 for "no message yet" | S1.14 | sentinel
server SHORT | counts in 16 bits | S1.15 | narrow-type
server FLOAT | counts in a float | S1.15 | float
server FOUR_DIGITS | has room for four digits in its answer | S1.15 | reply-cut
server READS_FOUR_DIGITS | reads four digits of a number | S1.15 | digits-lost
server TINY_BUFFER | has a buffer of 12 bytes | S1.15 | digits-lost
server TRAPS | ends if the number is too large for an int | S1.16 | beyond-int
server PRINTS_NOTHING | prints nothing | S2.1 | not-printed
server PRINTS_NUMBER | prints the number instead of the message | S2.1 | number-printed
server STDERR | prints messages on stderr | S2.1 | on-stderr
server PREFIX | prints "Received: " before the message | S2.2 | more-on-the-line
server COLOUR | prints messages in colour | S2.2 | more-on-the-line
server NO_NEWLINE | prints without a newline | S2.2 | newline-missing
server LAST_LINE_OPEN | prints Z without a newline | S2.2 | newline-missing
server NO_NEWLINE+ERROR_OPEN | prints neither messages nor ERROR with a newline | S2.2 | newline-missing
server WHOLE_BUFFER_OUT | prints 64 bytes, whatever is in them | S2.2 | more-on-the-line
server NO_THIRD | does not print Z | S2.3 | second-not-printed
server CUT_LINE | prints at most nine characters | S2.4 | line-cut
server GREETING | prints "Server listening" on stdout | S2.5 | log-on-stdout
server GREETING_FIRST | says on stdout what it does, before it listens | S2.5 | log-on-stdout
server LOGS_CLIENTS | prints "client connected" on stdout | S2.5 | log-on-stdout
server PRINTS_ANSWER | prints its answer too | S2.5 | prints-sent
server TWICE | prints each message twice | S2.5 | printed-by-two
server ERROR_TWICE | prints ERROR twice | S2.5 | printed-by-two
server NO_FLUSH | does not flush stdout | S2.6 | not-flushed
server PRINTS_LATE | prints X only when Z has come | S2.6 | printed-late
server NULS_OUT | prints the NULs of its buffer | S2.7 | whole-buffer-printed
server BLANK_LINES | prints an empty line after each message | S2.7 | one-newline
server SENDS_FIRST | prints after it has answered | S2.9 | print-first
server PRINTS_ONLY_RIGHT | prints Z only when it is right | S3.1 | printed-only-if-right
server NO_ERROR | prints no ERROR | S3.2 | z-not-compared
server SENDS_ERROR | sends ERROR to the client, and does not print it | S3.2 | error-sent
server ERROR_TEXT | prints "Wrong number" instead of ERROR | S3.2 | error-in-other-words
server ERROR_LOWER | prints Error | S3.2 | error-in-other-words
server ERROR_OPEN | prints ERROR without a newline | S3.2 | error-without-newline
server ERROR_UNFLUSHED | does not flush ERROR | S3.2 | error-not-flushed
server PREFIX_COMPARE | takes every Z that begins like the right one | S3.2 | compares-beginning
server AT_LEAST | takes every Z that is greater than Y | S3.2 | compares-greater
server COMPARES_EIGHT | compares the first eight characters | S3.2 | compares-beginning
server OPEN_ON_ERROR | keeps the connection open when Z is wrong | S3.3 | open-after-error
server SLEEPS_ON_ERROR | sleeps for 10 s when Z is wrong | S3.3 | open-after-error
server EXIT_ON_ERROR | ends when Z is wrong | S3.4 | ended-itself
server HANGS_ON_ERROR | does not come back when Z is wrong | S3.4 | stuck
server EXIT_ON_ANYTHING | ends when Z is wrong, and when a message is missing | S3.4 | ended-itself
server ASSERTS | asserts that Z is right | S3.4 | aborted
server-threads LOCK_STAYS | does not release a lock when Z is wrong | S3.4 | lock-kept
server WRONG_COMPARE | compares Z with Y+2 | S3.5 | other-variable-compared
server WRONG_COMPARE+PRINTS_ONLY_RIGHT | compares Z with Y+2, and prints it only when that is right | S3.5 | other-variable-compared
server WRONG_COMPARE+PRINTS_ONLY_RIGHT+NEVER_CLOSES | compares Z with Y+2, prints it only if that is right, and never closes | S3.5, S4.1 | other-variable-compared
server WRONG_COMPARE+ERROR_LOWER | compares Z with Y+2, and prints Error | S3.5, S3.2 | other-variable-compared
server BELOW_ZERO_IS_NOTHING | takes every Z below zero for a wrong one | S3.5 | sign-in-comparison
server SHORT_COMPARE | compares with a text of at most nine characters | S3.5 | comparison-cut
server SHORT_EXPECTED | compares with a number of 16 bits | S3.5 | comparison-cut
server READS_LENGTH_OF_X | reads Z with the length of X | S3.5 | reads-length-of-x
server SKIPS_DIGIT | reads Z without its first digit | S3.5 | other-variable-compared
server NEWLINE_COMPARE | compares Z with a text that ends with a newline | S3.5 | newline-compared
server COMPARES_X | compares the first message, too | S3.5 | x-compared
server ERROR_FIRST | prints ERROR before the message that is wrong | S3.1 | error-overtakes
server SSCANF_KEEPS | does not look at what sscanf returns | S3.6 | sscanf-unchecked
server WAITS_FOR_CLOSE | waits until the client closes | S4.1 | reads-to-the-end
server NEVER_CLOSES | never closes a connection | S4.1 | never-closed
server CLOSES_ONLY_ON_ERROR | closes only when Z is wrong | S4.1 | never-closed
server IMPATIENT | gives up on a client after 300 ms | S4.2 | gives-up-early
server CLOSES_BEFORE_Z | closes after its answer | S4.2 | second-recv
server CLOSES_IF_NOT_THERE | looks for Z once, without waiting | S4.2 | second-recv
server ONE_CLIENT | ends after one client | S5.1 | ended-itself
server EXIT_ON_EOF | ends when a client closes without sending anything | S5.2 | ended-itself
server THROWS | does not catch what is thrown when no number came | S5.2 | exception
server LEAVES_THE_LOOP | leaves the loop around accept if anything is wrong with a message | S5.2 | ended-itself
server SPIN_AT_END | loops when recv returns 0 | S5.2 | stuck
server EXIT_ON_EOF_FOR_Z | ends when a client closes instead of sending Z | S5.4 | ended-itself
server COUNTER_STAYS | counts messages over all connections | S5.4 | left-over
server EXIT_ON_ERROR+SIGPIPE+STRTOK | ends when Z is wrong, writes to a broken connection, and does not look at strtok | S3.4, S5.5, S5.6 | ended-itself
server EXIT_ON_RESET | ends when a connection is reset | S5.5 | ended-itself
server SIGPIPE | writes to a broken connection | S5.5 | sigpipe
server MINUS_ONE | writes to buffer[-1] when recv fails | S5.5 | sigsegv
server THROWS_AT_RESET | does not catch what is thrown when a connection is reset | S5.5 | exception-of-socket
server STRTOK | does not look at what strtok returns | S5.6 | sigsegv
server STRTOK+OVERFLOW | looks neither at what strtok returns nor at how long a message is | S5.6 | sigsegv
server EXIT_ON_GARBAGE | closes the connection and ends itself when no number came | S5.6 | exception
server FORMAT | prints messages as formats | S5.6 | format-string
server-threads KEEPS_GARBAGE | keeps a connection open whose first message is not one | S5.6 | not-closed-after-garbage
server OVERFLOW | copies what it received with strcpy | S5.7 | sigsegv
server BACKLOG | lets one client wait (listen with 1) | S6.4 | short-queue
server GIVES_UP | ends after 100 clients | S5.9 | used-up
server FULL | says that it is full after 40 clients | S5.9 | used-up
server LEAK | shuts connections down, but keeps their descriptors | S5.10 | descriptors-stay
server KEEPS_A_COPY | shuts connections down after Z, and keeps a copy of each descriptor | S5.10 | descriptors-stay
server-threads SEATS | counts clients, and forgets that some leave early | S5.10, S6.4 | seat-kept
server ERROR_AT_PROBE | prints ERROR for a client that says nothing | S5.11 | judged-without-message
server ERROR_WHEN_LEFT | prints ERROR for a client that leaves | S5.11 | judged-without-message
server NO_ARGC | reads argv[1] without looking at argc | S8.3 | argv-null
server DEFAULT_PORT | serves some port when none is given | S8.1 | argc
server-epoll HANG_UP_FIRST | closes a connection whose client has closed, without reading the Z that is still there | S6.3 | z-left-unread
server-threads GLOBAL_STATE | keeps the expected number in a global variable | S6.2 | shared-state
server-threads ADDRESS_OF_LOOP_VARIABLE | gives its threads the address of one variable | S6.3 | thread-forgotten
server-threads ARRAY_OF_THREADS | has room for 64 threads, ever | S5.9 | used-up
server-threads NEVER_JOINED | neither joins nor detaches its threads | S5.13 | not-detached
server-threads THREADS_STAY | lets no thread return | S5.13 | threads-stay
server-threads TORN | prints a line in pieces | S2.8 | printed-in-pieces
server-threads JOINS_AT_ONCE --expect threads | waits for each thread before the next | S6.1 | one-at-a-time
server-select SEATS_STAY_TAKEN | never frees the rows of its table | S5.9 | used-up
server-select WHOLE_HANDSHAKE --expect events | does whole handshakes between two selects | S6.1 | one-at-a-time
server-select ZERO_IS_NOTHING+ERROR_WHEN_LEFT | takes Y = 0 for "no message yet", and prints ERROR for a client that leaves | S1.14, S5.11 | sentinel
server-select READS_AT_ACCEPT | reads X when it accepts | S1.1 | closes-instead
server-select TABLE_OF_TEN | has room for ten connections | S6.3 | event-forgotten
server-select HIGHEST_IS_NEWEST | takes the newest descriptor for the highest | S6.2 | not-watched
server-poll STATES_STAY | moves descriptors up in its table, and not their state | S6.2 | shared-state
server-select ALL_READY | serves a row twice when two are ready | S6.3 | z-left-unread
server-select SET_ONCE | fills its set once, and not again before each select | S5.1 | stuck
server-select SET_ONCE+LISTENER_AGAIN | fills its set once, and puts only the listener into it again | S6.2 | event-forgotten
server-select BUSY | calls select with a timeout of 0 | S5.12 | busy-loop
server-epoll ONE_ACCEPT_PER_EDGE | accepts one connection per edge | S6.3 | event-forgotten
server-epoll ONE_SHOT | waits once for each connection, and never for Z | S2.3 | z-not-read
server-epoll GOES_ON_AT_END | keeps connections that were closed | S5.10 | leavers-stay
server-fork CHILD_GOES_ON | lets each child go back to accept | S5.10 | processes-stay
server-fork ZOMBIES | does not wait for its children | S5.13 | not-waited-for
server-fork WAITS_ONCE | waits for one child per signal | S5.13 | waited-for-once
server-fork PARENT_KEEPS | does not close its copy after fork | S4.1 | never-closed
client IGNORES_X | always begins with 1 | C1.1 | x-of-arguments
client FIXED_LENGTH | always sends 8 bytes | C1.1 | x-of-arguments
client NEVER_CONNECTS | waits instead of connecting | C1.1 | address-of-arguments
client SAME | sends Y again instead of Z | C1.2 | number-unchanged
client NO_Z | does not send Z | C1.2 | ends-before-z
client UNTIL_END | reads until the server closes | C1.2 | waits-for-more
client NEVER_READS | waits after X, and never reads | C1.2 | waits-for-more
client UNTIL_NUL | reads until a NUL comes | C1.3 | reads-until
client LINES | ends its messages with a newline and a NUL, and wants both | C1.3, C1.5, C1.6 | compared-with-newline
client LOWER_CASE | sends hello | C1.4 | printed-otherwise
client PADS_SHORT_NUMBERS | pads numbers of less than three digits with zeros | C1.4 | padded-number
client LENGTH_IN_FRONT | puts the length of a message in front of it | C1.4 | length-in-front
client NO_SIGN | prints the number with %lu | C1.12 | no-sign
client BELOW_ZERO_IS_NOTHING | takes every Y below zero for a wrong one | C1.12 | y-sign-in-comparison
client ZERO_IS_NOTHING | takes Y = 0 for a wrong one | C1.13 | y-sentinel
client SENDS_NUMBER | sends the number alone | C1.4 | printed-otherwise
client NEWLINE | sends newlines | C1.5 | newline-in-message
client SENDS_Z_EARLY | sends Z before the answer | C1.7 | speaks-too-early
client TWO_WRITES | sends the word and the number by themselves | C1.8 | two-calls
client STALE | does not end what it received | C1.9 | buffer-not-ended
client UNENDED | reads into memory that holds something, and does not end the text | C1.9 | buffer-not-ended
client LENGTH_OF_RECEIVED | sends as many bytes as it received | C1.11 | length-of-received
client READS_LENGTH_OF_SENT | reads as many bytes as it sent | C1.11 | reads-length-of-sent
client NARROW | compares with a text of at most eight characters | C1.11 | no-room
client TINY_BUFFER | has a buffer of 12 bytes | C1.14 | number-too-long
client PRINTS_NOTHING | prints nothing | C2.1 | not-printed
client STDERR | prints the answer on stderr | C2.1 | on-stderr
client ENDS_UNFLUSHED | ends with _exit, and does not flush | C2.1 | ends-without-flush
client PREFIX | prints "Server says: " before the answer | C2.2 | more-on-the-line
client NO_NEWLINE | prints without a newline | C2.2 | newline-missing
client GREETING | prints "Connected" on stdout | C2.3 | log-on-stdout
client ERROR_TWICE | prints ERROR twice | C2.3 | printed-by-two
client PRINTS_SENT | prints what it sends | C2.3 | prints-sent
client WHOLE_BUFFER_OUT | prints the NULs of its buffer | C2.4 | whole-buffer-printed
client NO_FLUSH | does not flush stdout before it sends Z | C2.5 | print-first
client NO_CHECK | does not look at Y | C3.1 | y-not-compared
client NO_ERROR | prints no ERROR | C3.1 | y-not-compared
client ERROR_TEXT | prints "sequence mismatch" instead of ERROR | C3.1 | error-in-other-words
client AT_LEAST | takes every Y that is greater than X | C3.1 | y-compares-greater
client PREFIX_COMPARE | takes every Y that begins like the right one | C3.1 | y-compares-beginning
client COMPARES_EIGHT | compares the first eight characters | C3.1 | y-compares-beginning
client ASSERTS | asserts that Y is right | C3.1 | aborted
client ERROR_OPEN | prints ERROR without a newline | C3.1 | error-without-newline
client ENDS_AT_ONCE | ends with _exit when Y is wrong, and does not flush | C3.1 | ends-without-flush
client Z_AFTER_ERROR | sends Z although Y is wrong | C3.2 | sends-on-after-error
client ERROR_TEXT_AND_Z | prints "sequence mismatch" instead of ERROR, and continues | C3.2, C3.1 | sends-on-after-error
client SENDS_ERROR | sends ERROR to the server, and does not print it | C3.2, C3.1 | error-to-server
client OPEN_ON_ERROR | waits for the server when Y is wrong | C3.3 | open-after-error
client PRINTS_ONLY_RIGHT | prints Y only when it is right | C3.4 | y-printed-if-right
client ERROR_FIRST | prints ERROR before the message | C3.4 | error-overtakes
client ALWAYS_ERROR | prints ERROR always | C3.5 | error-beside-z
client SSCANF_KEEPS | does not look at what sscanf returns | C3.6 | y-unchecked
client STRTOK | does not look at what strtok returns | C3.6 | sigsegv
client WAITS_FOR_MORE | waits for a fourth message, and prints ERROR when none comes | C4.1 | recv-after-z
client WAITS_FOR_SERVER | waits until the server closes | C4.1 | recv-after-z
client RUNS_ON | closes, and does not end | C4.2 | kept-alive
client CLOSES_HALF | closes one direction, and waits for the server to close the other | C4.2 | half-closed
client IMPATIENT | gives up on the server after 200 ms | C4.3 | gives-up-early
client LOOPS_AT_END | loops when recv returns 0 | C4.4 | loops-at-the-end
client THROWS | does not catch what is thrown when no number came | C4.4 | exception
client STRTOK_AT_END | looks neither at what recv returns nor at what strtok does | C4.4 | sigsegv
client SILENT_AT_END | prints no ERROR when the server closes | C4.5 | recv-unchecked
client SILENT_AT_RESET | prints no ERROR when the server breaks the connection | C4.5 | recv-unchecked
client OVERFLOW | copies what it received with strcpy | C4.6 | sigsegv
client RETRIES_FOR_EVER | tries to connect for ever | C4.7 | connect-unchecked
client STATUS | ends with status 1 on success | C6.1 | status-of-success
client-robust NO_DEADLINE | waits for ever for the answer | C4.8 | no-deadline
client NO_ARGC | reads argv[3] without looking at argc | C6.4 | x-null
client SENDS_NULL | sends "HELLO (null)" where X is missing | C6.3 | argc-of-client
`

export const MUTANTS: readonly Mutant[] = TABLE.trim().split('\n').map(mutantOf)

function mutantOf(row: string): Mutant {
  const [program, what, cases, cause] = row.split(' | ') as [string, string, string, string]
  const [source, flags, , expect] = program.split(' ') as [string, string, string?, Expectation?]
  const [caught, ...also] = cases.split(', ') as [string]
  return { source, flags: flags.split('+'), what, caught, also, cause, ...(expect && { expect }) }
}

/** Right programs, each in a style that people write. What is rightly reported about them is not a failure. */
export interface RightProgram {
  readonly source: string
  readonly flags?: readonly string[]
  readonly nature?: string
  /** Passes with --strict. */
  readonly robust?: true
  /** SHOULD cases that report the style. */
  readonly told?: readonly string[]
}

export const RIGHT_PROGRAMS: readonly RightProgram[] = [
  { source: 'server', nature: 'sequential' },
  { source: 'server', flags: ['SEND_NUL', 'ERROR_ON_STDERR'], nature: 'sequential', told: ['S1.6'] },
  { source: 'server', flags: ['SEND_BUFFER'], nature: 'sequential', told: ['S1.6'] },
  { source: 'server', flags: ['TIME_LIMIT'], nature: 'sequential' },
  { source: 'server', flags: ['DIAGNOSES_LEAVERS'], nature: 'sequential' },
  { source: 'server-write', nature: 'sequential' },
  { source: 'server-threads', nature: 'threads' },
  { source: 'server-pool', nature: 'threads' },
  { source: 'server-pool', flags: ['TWO_SEATS'], nature: 'threads' },
  { source: 'server-pool', flags: ['THREE_SEATS'], nature: 'threads' },
  { source: 'server-fork', nature: 'processes' },
  { source: 'server-select', nature: 'events' },
  { source: 'server-poll', nature: 'events' },
  { source: 'server-epoll', nature: 'events' },
  { source: 'server-robust', nature: 'threads', robust: true },
  { source: 'client' },
  { source: 'client', flags: ['SEND_NUL', 'ERROR_ON_STDERR'], told: ['C1.6'] },
  { source: 'client', flags: ['SEND_BUFFER'], told: ['C1.6'] },
  { source: 'client', flags: ['TAKES_ITS_TIME'] },
  { source: 'client-robust', robust: true },
]
