import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const CODE = `
import socket, sys
taker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taker.bind(sys.argv[1])
giver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
giver.setblocking(False)
try:
    while True: giver.sendto(b'x', sys.argv[1])
except BlockingIOError: print('full', flush=True)
sys.stdin.read()
`

/** A socket as NOTIFY_SOCKET names one, with no room in its queue: `systemd-notify` waits for it. @returns Its path. */
export async function fullSocket(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hs-notify-'))
  const path = join(folder, 'notify')
  const python = spawn('python3', ['-c', CODE, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => {
    python.stdin.end()
    rmSync(folder, { recursive: true })
  })
  await once(python.stdout, 'data')
  return path
}
