import { describe, expect, it } from 'vitest'
import { Capture } from '../src/capture.js'
import { causeOfLastWords, causeOfOther, findError } from '../src/error-line.js'
import { Findings } from '../src/findings.js'

function look(err: string, out = '') {
  const streams = { out: new Capture(), err: new Capture() }
  streams.out.push(Buffer.from(out))
  streams.err.push(Buffer.from(err))
  return findError(streams, 'either', new Findings())
}

describe('a line instead of ERROR', () => {
  it('is the exception, where the trace of calls shows the very line that prints ERROR', () => {
    const { almost } = look(`Traceback (most recent call last):
  File "server.py", line 20, in serve
    print("ERROR")
ValueError: invalid literal for int() with base 10: 'abc'
`)
    expect(almost).toMatch(/^ValueError/)
    expect(causeOfOther(almost!)).toContain('exception')
  })

  it('is the exception also where the calls come behind it', () => {
    const { almost } = look(`Exception in thread "main" java.lang.NumberFormatException: For input string: "abc"
\tat java.base/java.lang.Integer.parseInt(Integer.java:652)
`)
    expect(almost).toMatch(/^Exception in thread/)
  })

  it('is no exception where the program says Error by itself', () => {
    const { almost } = look('Error in sequence Z\n')
    expect(causeOfOther(almost!)).toContain('capital letters')
  })

  it('is what the program says by itself', () => {
    const { right, almost } = look('wrong number\n', 'HELLO 7\n')
    expect([right, almost]).toEqual([false, 'wrong number'])
    expect(causeOfOther(almost!)).toContain('capital letters')
  })
})

describe('the cause of an end', () => {
  const cause = (said: string, code: number | null, signal: NodeJS.Signals | null = null) => {
    const err = new Capture()
    err.push(Buffer.from(said))
    return causeOfLastWords({ exit: { code, signal }, err })
  }

  it('is the exception, in the words of each runtime', () => {
    expect(cause('Traceback (most recent call last):\nIndexError: list index out of range\n', 1)).toContain(
      'IndexError',
    )
    expect(
      cause(
        "terminate called after throwing an instance of 'std::invalid_argument'\n  what():  stoi\n",
        null,
        'SIGABRT',
      ),
    ).toContain('std::invalid_argument')
    expect(
      cause("thread 'main' (7) panicked at src/main.rs:9:1:\ncalled `Option::unwrap()` on a `None` value\n", 101),
    ).toContain('panicked')
  })

  it('is none that an earlier thread has thrown, where a signal came later', () => {
    expect(cause('Exception in thread Thread-1 (handle):\nValueError: x\n', null, 'SIGSEGV')).toBeUndefined()
  })

  it('is what the system said of the last call', () => {
    expect(cause('accept: Interrupted system call\n', 1)).toContain('EINTR')
    expect(cause('select: Bad file descriptor\n', 1)).toContain('FD_CLR')
    expect(cause('wrong number\n', 1)).toBeUndefined()
  })
})
