/**
 * A process whose worker threads end while they use the Linux transport: `node host.js [rounds]`. JavaScript, so that Node 20
 * runs it, too. Each round goes through all activities and endings, 24 workers; by default there are 240. Prints a line of
 * JSON if it survives them all, and fails if a descriptor is left.
 */
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Peer } from './peer.js'

const ROUNDS = Number(process.argv[2] ?? 10)
const ACTIVITIES = ['events', 'sequential', 'threads', 'nested', 'closed', 'calls', 'ring', 'named']
const ENDINGS = ['terminate', 'exit', 'error']
/** Descriptors of connections that are closing disappear a little later. */
const SETTLE_MS = 10_000

const silent = await listen((socket) => socket.resume())
const answering = await listen((socket) => {
  socket.once('data', (x) => socket.write(`HELLO ${Number(String(x).slice(6)) + 1}`))
})

let ended = 0
const leaks = new Set()
// The first worker has Node open what it keeps.
await run('events', 'terminate')
for (let at = 0; at < ROUNDS; at++) await round()
console.log(JSON.stringify({ node: process.version, rounds: ROUNDS, ended, leaks: [...leaks] }))
process.exit(leaks.size > 0 ? 1 : 0)

async function round() {
  for (const activity of ACTIVITIES) {
    for (const ending of ENDINGS) {
      const before = descriptors()
      await run(activity, ending)
      ended++
      const rest = await left(before)
      if (rest.length > 0) leaks.add(`${activity}, ${ending}: ${rest.join(' ')}`)
    }
  }
}

/** One worker, from its start to its end, which comes while peers keep it busy. */
async function run(activity, ending) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { activity, ending, silent: silent.address().port, answering: answering.address().port },
  })
  const errors = []
  worker.on('error', (error) => errors.push(error.message))
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  const port = await new Promise((resolve) => worker.once('message', resolve).once('exit', resolve))
  const peers = port ? [true, true, activity === 'sequential'].map((busy) => new Peer(port, busy)) : []
  await Promise.all(peers.map((peer) => peer.met))
  if (ending === 'terminate') await worker.terminate()
  else worker.postMessage('end')
  await exit
  for (const peer of peers) peer.leave()
  const expected = ending === 'error' ? ['the end'] : []
  if (String(errors) !== String(expected)) throw new Error(`${activity}, ${ending}: ${errors}`)
}

async function listen(onConnection) {
  const server = createServer((socket) => onConnection(socket.on('error', () => socket.destroy())))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function descriptors() {
  const found = new Map()
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      found.set(fd, readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      // It was that of the directory.
    }
  }
  return found
}

/** Descriptors that were not there before and do not go. */
async function left(before) {
  let rest = []
  for (const start = performance.now(); performance.now() - start < SETTLE_MS; await sleep(1)) {
    rest = [...descriptors()].filter(([fd, what]) => before.get(fd) !== what).map((each) => each.join('='))
    if (rest.length === 0) break
  }
  return rest
}
