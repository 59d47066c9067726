import { describe, expect, it } from 'vitest'
import { Capture } from '../src/capture.js'
import { causeOfOther, findError } from '../src/error-line.js'
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
