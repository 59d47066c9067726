/** The first descriptor that a supervisor passes on: those before it are stdin, stdout and stderr (sd_listen_fds). */
const FIRST = 3

/**
 * The listening socket that a supervisor has opened for this process (socket activation): its descriptor, or undefined.
 * The variables are for this process only and are taken out, so that none of its children believes in them.
 *
 * @throws {Error} If there are several: it is not known which one to serve.
 */
export function activatedSocket(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID, LISTEN_FDS } = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  if (Number(LISTEN_PID) !== pid || !(Number(LISTEN_FDS) > 0)) return undefined
  if (Number(LISTEN_FDS) === 1) return FIRST
  throw new Error(`the supervisor passes on ${LISTEN_FDS} sockets, and one is served: use a unit per socket`)
}
