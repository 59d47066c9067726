import { describe, expect, it } from 'vitest'
import { waitingInKernel } from '../src/metrics/backlog.js'
import { activatedSocket } from '../src/supervision/activation.js'
import { Supervisor } from '../src/supervision/notify.js'

describe('socket activation', () => {
  it.each([
    ['nothing is passed on', {}, undefined],
    ['a socket is', { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x' }, 3],
    ['it is for another process', { LISTEN_PID: '8', LISTEN_FDS: '1' }, undefined],
    ['none is', { LISTEN_PID: '7', LISTEN_FDS: '0' }, undefined],
    ['the variables are nonsense', { LISTEN_PID: 'x', LISTEN_FDS: '-1' }, undefined],
  ])('%s', (_what, given, fd) => {
    const env: NodeJS.ProcessEnv = { ...given, PATH: '/bin' }
    expect(activatedSocket(env, 7)).toBe(fd)
    // No child may take them for its own.
    expect(env).toEqual({ PATH: '/bin' })
  })

  it('of several sockets is refused', () => {
    expect(() => activatedSocket({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7)).toThrow('passes on 2 sockets')
  })
})

it('without a supervisor, nothing is sent', async () => {
  const told: string[] = []
  const supervisor = new Supervisor({ PATH: '/nowhere' }, (reason) => told.push(reason))
  await supervisor.ready('listening')
  await supervisor.stopping('stopping')
  supervisor.close()
  expect(told).toEqual([])
})

it('a supervisor that cannot be notified is reported in a sentence', async () => {
  const told: string[] = []
  const supervisor = new Supervisor({ PATH: '/nowhere', NOTIFY_SOCKET: '/run/x' }, (reason) => told.push(reason))
  await supervisor.ready('listening')
  expect(told).toEqual([
    expect.stringMatching(/^the supervisor at NOTIFY_SOCKET cannot be notified of READY=1: .*ENOENT/),
  ])
})

it.runIf(process.platform === 'linux')('the queue of a port without a listener is empty', () => {
  expect(waitingInKernel(1)).toBe(0)
})
