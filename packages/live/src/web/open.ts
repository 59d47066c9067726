import { spawn } from 'node:child_process'

/** @returns Why no browser was opened; undefined: one was asked to. */
export async function openBrowser(url: string): Promise<string | undefined> {
  const { platform, env } = process
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'this machine has no display'
  const [command, ...args] =
    platform === 'darwin'
      ? ['open', url]
      : platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  return new Promise((resolve) => {
    const child = spawn(command!, args, { stdio: 'ignore', detached: true })
    child.once('error', (error) =>
      resolve(`${command} could not be started (${(error as NodeJS.ErrnoException).code})`),
    )
    child.once('exit', (code) => resolve(code === 0 ? undefined : `${command} ended with status ${code}`))
    // A browser that stays in the foreground was found.
    setTimeout(resolve, 2_000, undefined).unref()
    child.unref()
  })
}
