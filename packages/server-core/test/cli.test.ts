import type { Transport } from '@hs/transport'
import { expect, it } from 'vitest'
import { type Extension, main } from '../dist/cli.js'

it('a signal at the moment when it begins to listen stops it like any other', async () => {
  const wrapTransport = (inner: Transport): Transport => ({
    ...inner,
    async listen(at, options) {
      const listener = await inner.listen(at, options)
      process.emit('SIGTERM', 'SIGTERM')
      return listener
    },
  })
  const extension: Extension = {
    options: {},
    prepare: async () => ({
      serve: { wrapTransport },
      listening: async () => [],
      stopping: async () => {},
      stopped: async () => {},
    }),
  }
  expect(await main(['0', '--quiet', '--transport', 'node'], extension)).toBe(0)
})
