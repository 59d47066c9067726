/**
 * The clauses of docs/PROTOCOL.md that cases cite, word for word (without emphasis and table borders). A test compares
 * them with the document.
 */
export const CLAUSES = {
  'HS-1.1':
    'A message is `HELLO`, one space (0x20) and a decimal integer, in ASCII, and nothing else: no newline, no NUL. It is handed to the network in one write.',
  'HS-1.2': 'The integer has an optional `-`, then digits. No `+`, no leading zeros; zero is `0`, never `-0`.',
  'HS-1.3':
    "Every number of an exchange is a safe integer (from -9007199254740991 to 9007199254740991), so X is at most 9007199254740989. With `arithmetic: 'int32'` numbers are 32-bit integers and wrap, as programs in C have it: 2147483647 is followed by -2147483648. Both sides of an exchange must count in the same way.",
  'HS-2.1': 'connects, and sends X',
  'HS-2.2': 'prints the message, and sends Y = X+1',
  'HS-2.3': 'prints the message, sends Z = Y+1, and closes',
  'HS-2.4': 'if Y is not X+1: prints `ERROR` and closes, sending nothing more',
  'HS-2.5': 'prints the message, also when Z is wrong',
  'HS-2.6': 'if Z is not Y+1: prints `ERROR`',
  'HS-2.7': 'closes, and continues serving others',
  'HS-3.1':
    'LF, CR and NUL are terminators. After the digits, one ends the message. Any run of them, before a message, after it, or alone in a later segment, is dropped and is not a message.',
  'HS-3.2':
    'After the digits, the `H` of the next message ends the message: two messages in one segment are two messages.',
  'HS-3.6':
    'If only one number is right, a proper prefix of its message is incomplete and not wrong. The rest is waited for, `prefixMs` (default 250) after the last byte; then what is there is judged.',
  'HS-4.1':
    'The client closes when Z is sent. It does not wait for the server to close: real servers often never close first.',
  'HS-4.2': "The server closes when it has judged Z. It does not depend on the client's close, which may be a reset.",
  'HS-4.3':
    'A client that closes instead of sending Z has found Y wrong (HS-2.4): the handshake failed, but no message is wrong, and the server prints no `ERROR`.',
  'HS-4.4':
    'A connection that closes without a byte (a health check) has not begun a handshake. It is counted as a probe and not as a failure.',
  'HS-5.1':
    'Each received message is printed on stdout, on a line of its own, as it was received, without its terminator. The line is out (it survives SIGKILL) before the answer is sent and before the connection is closed. Lines of one connection are in order; lines of several connections never mix within a line.',
  'HS-5.2':
    '`ERROR` is a line of its own, after the line of the message that is wrong. Later editions of the assignment print it on stderr (`--errors stderr`). The client prints `ERROR` also when the server closed or broke the connection instead of answering.',
  'HS-5.3':
    'What is not a HELLO message is printed escaped (`\\n`, `\\r`, `\\0`, `\\x1b`, `\\\\`), at most 64 bytes of it, with `...` where more followed, and then `ERROR`: no control byte of a peer reaches a terminal.',
  'HS-6.1':
    'A message has at most 64 bytes, terminators not counted: `ERR_HS_TOO_LONG`. [A peer that sends digits for ever.]',
  'HS-6.2':
    "A handshake has a total deadline, 10 s at the server and 5 s at the client: `ERR_HS_TIMEOUT`. It is not an idle time: one byte per second does not extend it. At a server that serves one connection at a time it begins when the connection's turn comes. It applies while output is blocked, too. [A peer that connects and stays.]",
  'HS-8.1':
    'A server takes the port, a client the host, the port and X. With a wrong number of arguments a program ends at once, of its own accord, with any status.',
  'HS-8.2': 'A client ends with status 0 when the handshake is established.',
} as const

export type Clause = keyof typeof CLAUSES
