import { type Connection, type Listener, nodeTransport, type Receiver } from '@hs/transport'
import { expect, it } from 'vitest'
import { afterHeaders } from '../src/gate/headers.js'

const LINE = Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 40000 9000\r\n')

/** A balancer's connection, whose header comes a moment after it. */
function connection(): Connection {
  const remote = { host: '127.0.0.1', port: 1 }
  const open = (receiver: Receiver) => void setImmediate(() => receiver.data(LINE))
  return { remote, local: remote, open, write() {}, close() {}, abort() {} }
}

it('a listener is asked for one connection at a time, however many headers have come', async () => {
  const asked: number[] = []
  let open = 0
  const next = async (): Promise<IteratorResult<Connection, undefined>> => {
    asked.push(++open)
    await new Promise((resolve) => setImmediate(resolve))
    open--
    return asked.length > 20 ? { done: true, value: undefined } : { done: false, value: connection() }
  }
  const listener = {
    address: { host: '127.0.0.1', port: 1 },
    close: async () => {},
    [Symbol.asyncIterator]: () => ({ next }),
  } as unknown as Listener
  let count = 0
  for await (const { remote } of afterHeaders(listener, () => true, nodeTransport().clock, 1_000)) {
    expect(remote.host).toBe('192.0.2.7')
    count++
  }
  expect(count).toBe(20)
  expect(Math.max(...asked)).toBe(1)
})
