import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Subject } from '../src/subject.js'

describe.runIf(process.platform !== 'win32')('the environment of a program', () => {
  const before = { ...process.env }
  afterEach(() => {
    process.env = { ...before }
  })

  async function seenBy(options: { unbuffered?: boolean } = {}): Promise<string> {
    process.env = { ...before, PYTHONUNBUFFERED: '1', _STDBUF_O: '0', MINE: 'yes' }
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    const command = ['sh', '-c', 'echo "${PYTHONUNBUFFERED-unset} ${_STDBUF_O-unset} $MINE"']
    const subject = await Subject.start({ command, ...options })
    await subject.exited
    await subject.stop()
    return subject.out.text()
  }

  it('does not decide what it keeps back', async () => {
    expect(await seenBy()).toBe('unset unset yes\n')
  })

  it('asks it to write at once where that is wanted', async () => {
    expect(await seenBy({ unbuffered: true })).toBe('1 unset yes\n')
  })
})

describe.runIf(process.platform === 'linux')('a program on the way to its end', () => {
  it('is waited for by its work and not by the clock', async () => {
    // Stopped, as by a machine that has no time for it.
    const subject = await Subject.start({ command: ['sh', '-c', 'kill -STOP $$; exit 3'] })
    try {
      await expect.poll(() => readFileSync(`/proc/${subject.pid}/stat`, 'latin1')).toContain(') T ')
      const rest = subject.rest(20)
      await sleep(150)
      process.kill(subject.pid, 'SIGCONT')
      await rest
      expect(subject.exit).toEqual({ code: 3, signal: null })
    } finally {
      await subject.stop()
    }
  })
})
