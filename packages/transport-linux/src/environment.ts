import { isMainThread } from 'node:worker_threads'
import type * as Koffi from 'koffi'
import { systemError } from './errors.js'

const EPOLL_CLOEXEC = 0o2000000
const RTLD_NOW = 2
const RTLD_NOLOAD = 4
const RTLD_NODELETE = 0x1000
/** Of libuv's `uv_handle_type` and `uv_poll_event`. */
const UV_POLL = 8
const UV_READABLE = 1

/** What Node knows of the thread that runs this code. */
export interface Environment {
  /** Closes descriptors when the thread ends, in whatever way it does. The main thread needs none. */
  readonly atEnd: CloseAtEnd | undefined
  /** A descriptor that becomes readable when the event loop has something to do, a request to end the thread included. */
  eventLoop(): number
  /** Makes what {@link watch} would otherwise make later, when the thread may be ended. */
  prepare(): void
  /**
   * An epoll descriptor that is watched: whenever it has something, the event loop runs `turn`, as a callback of its own.
   *
   * @throws A system error: out of descriptors or memory.
   */
  watch(turn: () => void): Watch
}

/**
 * `add(env, close, fd)` directly after the call that made the descriptor, and `remove(env, close, fd)` directly before the
 * one that closes it. A thread may be ended wherever a function of JavaScript begins, and these are none: with one
 * between the two calls, the descriptor would sometimes stay.
 */
interface CloseAtEnd {
  readonly add: (env: number, close: number, fd: number) => number
  readonly remove: (env: number, close: number, fd: number) => number
  readonly env: number
  /** The address of `close`. */
  readonly close: number
}

export interface Watch {
  readonly fd: number
  /** Whether the watch keeps the thread alive; it does at first. */
  ref(): void
  unref(): void
  /** Nothing is registered with the descriptor any more: it is gone. */
  close(): void
}

/** An epoll descriptor whose poll calls no JavaScript. */
interface SilentPoll {
  readonly fd: number
  /** The address of libuv's handle. */
  readonly handle: number
  /** What keeps the handle open. Its methods make objects, so none is called. */
  readonly owner: Koffi.node.PollHandle
}

/**
 * Of this thread, and used again and again: a poll is made when a transport is, and not in the middle of a handshake,
 * since koffi aborts the process if the thread is ended at that moment.
 */
const idlePolls: SilentPoll[] = []

/**
 * Binds Node-API and libuv, which Node keeps stable for native addons.
 *
 * A worker thread can end between any two instructions of JavaScript, and none runs after that. So Node alone cleans up
 * after it, by hooks that can call any C function with one argument, such as `close`. The main thread needs none of
 * that, since the process ends with it.
 */
export function loadEnvironment(koffi: typeof Koffi, libc: Koffi.LibraryHandle): Environment {
  return isMainThread ? mainThread(koffi, libc) : workerThread(koffi, libc)
}

function mainThread(koffi: typeof Koffi, libc: Koffi.LibraryHandle): Environment {
  const open = epollOpener(koffi, libc)
  const close = libc.func('int close(int)')
  return {
    atEnd: undefined,
    eventLoop() {
      throw new Error('the main thread must not sleep')
    },
    prepare() {},
    watch(turn) {
      const fd = open()
      let scheduled = false
      const run = () => {
        scheduled = false
        turn()
      }
      // Promises do not run after this callback, but after an immediate.
      const poll = koffi.node.poll(fd, () => {
        if (!scheduled) setImmediate(run)
        scheduled = true
      })
      return {
        fd,
        ref: () => poll.ref(),
        unref: () => poll.unref(),
        close() {
          poll.close()
          close(fd)
        },
      }
    },
  }
}

/**
 * All functions are bound here, before the thread does anything: when a thread is being ended, koffi aborts the process
 * wherever it makes an object, as binding does, and calling with numbers does not.
 */
function workerThread(koffi: typeof Koffi, libc: Koffi.LibraryHandle): Environment {
  keepLoaded(koffi, libc)
  const addHook = libc.func('int napi_add_env_cleanup_hook(uintptr_t, uintptr_t, uintptr_t)')
  const removeHook = libc.func('int napi_remove_env_cleanup_hook(uintptr_t, uintptr_t, uintptr_t)')
  const env = Number(koffi.address(koffi.node.env))
  const close = Number(koffi.address(libc.symbol('close')))
  const loopAddress = new BigUint64Array(1)
  libc.func('int napi_get_uv_event_loop(uintptr_t, void *)')(env, loopAddress)
  const loop = Number(loopAddress[0])
  const backend: number = libc.func('int uv_backend_fd(uintptr_t)')(loop)
  const silence = silencer(koffi, libc, loop)
  const open = epollOpener(koffi, libc)
  const ref = libc.func('void uv_ref(uintptr_t)')
  const unref = libc.func('void uv_unref(uintptr_t)')
  const atEnd: CloseAtEnd = { add: addHook, remove: removeHook, env, close }
  const silentPoll = (): SilentPoll => {
    const fd = open(atEnd)
    const owner = koffi.node.poll(fd, () => {})
    const handle = silence(fd)
    unref(handle)
    return { fd, handle, owner }
  }
  return {
    atEnd,
    eventLoop: () => backend,
    prepare() {
      if (idlePolls.length === 0) idlePolls.push(silentPoll())
    },
    watch(turn) {
      const poll = idlePolls.pop() ?? silentPoll()
      ref(poll.handle)
      // One that is not referenced does not keep the event loop turning, but runs whenever it turns.
      const afterPoll = () => {
        immediate = setImmediate(afterPoll).unref()
        turn()
      }
      let immediate = setImmediate(afterPoll).unref()
      return {
        fd: poll.fd,
        ref: () => ref(poll.handle),
        unref: () => unref(poll.handle),
        close() {
          clearImmediate(immediate)
          unref(poll.handle)
          idlePolls.push(poll)
        },
      }
    },
  }
}

function epollOpener(koffi: typeof Koffi, libc: Koffi.LibraryHandle): (atEnd?: CloseAtEnd) => number {
  const create = libc.func('int epoll_create1(int)')
  return (atEnd) => {
    const fd: number = create(EPOLL_CLOEXEC)
    if (fd >= 0 && atEnd) atEnd.add(atEnd.env, atEnd.close, fd)
    if (fd < 0) throw systemError('epoll_create1', -koffi.errno())
    return fd
  }
}

/**
 * Keeps koffi's code in memory for good. Node unloads an addon with the last thread that uses it, and only then has the
 * event loop of that thread report that koffi's poll is closed: to code that is gone.
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

/**
 * @returns Gives koffi's poll of a descriptor a C function to call that does nothing, so that it only wakes the event
 *   loop. Its own would call JavaScript also while the thread is being ended, which aborts the process. The answer is the
 *   address of its handle.
 */
function silencer(koffi: typeof Koffi, libc: Koffi.LibraryHandle, loop: number): (fd: number) => number {
  const visitor = koffi.pointer(koffi.proto('void', ['uintptr_t', 'uintptr_t']))
  const walk = libc.func('uv_walk', 'void', ['uintptr_t', visitor, 'uintptr_t'])
  const typeOf = libc.func('int uv_handle_get_type(uintptr_t)')
  const fileno = libc.func('int uv_fileno(uintptr_t, void *)')
  const start = libc.func('int uv_poll_start(uintptr_t, int, uintptr_t)')
  const nothing = Number(koffi.address(libc.symbol('getpid')))
  const found = new Int32Array(1)
  return (fd) => {
    let silenced = 0
    const restart = (handle: number) => {
      if (typeOf(handle) !== UV_POLL || fileno(handle, found) < 0 || found[0] !== fd) return
      start(handle, UV_READABLE, nothing)
      silenced = handle
    }
    walk(loop, restart, 0)
    return silenced
  }
}
