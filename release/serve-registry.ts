/**
 * A registry on loopback that knows no other: what was not published to it does not exist. Prints where it listens, and
 * then one line per package that is fetched. Its state goes into the folder that the first argument names.
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

// Installed for the rehearsal only, so nothing else of this repository can know its types.
const { runServer } = await import(new URL('node_modules/verdaccio/build/index.js', import.meta.url).href)
const folder = process.argv[2]!

const server = (await runServer({
  self_path: folder,
  configPath: folder,
  storage: `${folder}/storage`,
  auth: { htpasswd: { file: `${folder}/htpasswd` } },
  uplinks: {},
  packages: { '**': { access: '$all', publish: '$authenticated' } },
  log: { type: 'stderr', format: 'json', level: 'error' },
})) as Server

server.prependListener('request', ({ method, url = '' }) => {
  if (method === 'GET' && url.endsWith('.tgz')) console.log(`fetched ${url}`)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
