import { isMainThread } from 'node:worker_threads'
import type * as Koffi from 'koffi'

const RTLD_NOW = 2
const RTLD_NOLOAD = 4
const RTLD_NODELETE = 0x1000

/** What Node knows of the thread that runs this code. */
export interface Environment {
  /** Has a descriptor closed when the thread ends, in whatever way it does. @returns The descriptor. */
  own(fd: number): number
  /** Directly before the close: afterwards the number may be anybody's. */
  disown(fd: number): void
  /** A descriptor that becomes readable when the event loop has something to do, a request to end the thread included. */
  eventLoop(): number
}

/**
 * Binds Node-API, the ABI that Node keeps stable for native addons.
 *
 * A worker thread can end between any two instructions of JavaScript, and none runs after that. What it leaves behind is
 * put away by Node alone: by hooks, which can call any function of C that takes one argument, and `close` is one. The
 * main thread needs none of that, since the process ends with it.
 */
export function loadEnvironment(koffi: typeof Koffi, libc: Koffi.LibraryHandle): Environment {
  const addHook = libc.func('int napi_add_env_cleanup_hook(uintptr_t, uintptr_t, uintptr_t)')
  const removeHook = libc.func('int napi_remove_env_cleanup_hook(uintptr_t, uintptr_t, uintptr_t)')
  const env = Number(koffi.address(koffi.node.env))
  const close = Number(koffi.address(libc.symbol('close')))
  if (!isMainThread) keepLoaded(koffi, libc)
  return {
    own(fd) {
      if (!isMainThread && fd >= 0) addHook(env, close, fd)
      return fd
    },
    disown(fd) {
      if (!isMainThread) removeHook(env, close, fd)
    },
    eventLoop() {
      const loop = new BigUint64Array(1)
      libc.func('int napi_get_uv_event_loop(uintptr_t, void *)')(env, loop)
      return libc.func('int uv_backend_fd(uintptr_t)')(loop[0])
    },
  }
}

/**
 * Keeps koffi's code in memory for good. Node unloads an addon with the last thread that uses it, before the event loop
 * of that thread has called back that koffi's poll is closed: the call would go to where there is no code any more.
 */
function keepLoaded(koffi: typeof Koffi, libc: Koffi.LibraryHandle): void {
  const inside = koffi.register(() => {}, koffi.pointer(koffi.proto('void', [])))
  // `Dl_info`: the name of the file comes first.
  const info = new BigUint64Array(4)
  const known = libc.func('int dladdr(uintptr_t, void *)')(inside, info)
  koffi.unregister(inside)
  const flags = RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE
  const library = known && libc.func('void *dlopen(uintptr_t, int)')(info[0], flags)
  if (!library) throw new Error('koffi cannot be kept loaded for a worker thread')
}
