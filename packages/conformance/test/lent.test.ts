import { describe, expect, it } from 'vitest'
import { checkServer } from '../src/index.js'

/** Right, but for this: who has understood one dress of messages refuses all others, until it is started anew. */
const ONE_DRESS = `
let dress
require('node:net').createServer((socket) => {
  let y
  socket.on('error', () => {}).on('data', (data) => {
    const end = /[\\0\\n]*$/.exec(data.toString())[0]
    if (end !== '') dress ??= end
    if (end !== '' && dress !== end) return socket.destroy()
    const sequence = Number(/-?\\d+/.exec(data)[0])
    require('node:fs').writeSync(1, 'HELLO ' + sequence + '\\n')
    if (y === undefined) return socket.write('HELLO ' + (y = sequence + 1))
    if (sequence !== y + 1) require('node:fs').writeSync(1, 'ERROR\\n')
    socket.end()
  })
}).listen(process.argv[1], '127.0.0.1')`

const check = (only: readonly string[]) =>
  checkServer({ command: [process.execPath, '-e', ONE_DRESS, '{port}'] }, { only })

describe.runIf(process.platform === 'linux')('a process that several cases use one after the other', () => {
  it('costs nobody a verdict: who fails on it is run again on a new one', { timeout: 60_000 }, async () => {
    const { results } = await check(['S7.1', 'S7.2', 'S7.3'])
    expect(results.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['S7.1 passed', 'S7.2 passed', 'S7.3 passed'])
  })
})
