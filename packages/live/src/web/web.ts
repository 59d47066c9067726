import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { formatEndpoint } from '@hs/transport'
import { parseCommand } from '../checks.js'
import type { SceneEvent } from '../scene/events.js'
import type { Session } from '../session.js'
import type { PageText } from './html.js'

const MOST_BODY_BYTES = 10_000

/** A page that does not read what it is sent is let go; it comes back, and begins anew. */
const MOST_UNREAD_BYTES = 8 * 2 ** 20

const TOKEN_BYTES = 16

/** How soon a page comes back that has lost its connection. */
const RETRY_MS = 1_000

export interface WebOptions {
  readonly host: string
  readonly port: number
  readonly page: PageText
  /** Undefined: the page has a recording, and asks for nothing. */
  readonly session?: Session
  /** Called with how many pages are open, when that changes. */
  readonly onPages?: (open: number) => void
  /** Part of the address of the page. Default: a random one. */
  readonly token?: string
}

/** The one page, its events and its commands, for anyone with the token. */
export class Web implements AsyncDisposable {
  readonly url: string
  readonly #options: WebOptions
  readonly #server: Server
  readonly #token: string
  #pages = 0

  /** @throws System errors as Node shapes them (`EADDRINUSE`, `EACCES`, …) if it cannot listen. */
  static async listen(options: WebOptions): Promise<Web> {
    const server = createServer()
    server.listen(options.port, options.host)
    await once(server, 'listening')
    return new Web(server, options)
  }

  private constructor(server: Server, options: WebOptions) {
    this.#server = server
    this.#options = options
    this.#token = options.token ?? randomBytes(TOKEN_BYTES).toString('base64url')
    const { address, port } = server.address() as AddressInfo
    this.url = `http://${formatEndpoint({ host: address, port })}/${this.#token}/`
    server.on('request', (request, response) => this.#answer(request, response))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    // Pages hold theirs open.
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Content-Security-Policy', `${this.#options.page.policy}; frame-ancestors 'none'`)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Cache-Control', 'no-store')
    // Another site may have pointed its name at this machine.
    if (!this.#isOurs(request.headers.host)) {
      refuse(response, 421, 'This is not the host that you asked for.')
      return
    }
    const [, token = '', path] = /^\/([^/?]*)(\/[^?]*)?/.exec(request.url ?? '') ?? []
    if (!same(token, this.#token)) {
      refuse(response, 403, 'Open the address that hs-live printed: it ends in a token.')
      return
    }
    const { session, page } = this.#options
    const what = `${request.method} ${path}`
    if (what === 'GET /') response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page.html)
    else if (session && what === 'GET /events') this.#stream(session, request, response)
    else if (session && what === 'GET /counters') sendJson(response, 200, session.counters())
    else if (session && what === 'POST /command') void this.#command(session, request, response)
    else refuse(response, 404, 'There is nothing here.')
  }

  /** Addresses are of this machine; of names, only `localhost` and that of `--host`. */
  #isOurs(host = ''): boolean {
    const name = host.replace(/:\d+$/, '')
    return name === 'localhost' || name === this.#options.host || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  }

  #stream(session: Session, request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(`retry: ${RETRY_MS}\n\n`)
    const stop = session.listen((events: readonly SceneEvent[]) => {
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy()
      else response.write(`data: ${JSON.stringify(events)}\n\n`)
    })
    this.#countPages(1)
    request.on('close', () => {
      stop()
      this.#countPages(-1)
    })
  }

  #countPages(change: 1 | -1): void {
    this.#pages += change
    this.#options.onPages?.(this.#pages)
  }

  async #command(session: Session, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await session.run(parseCommand(JSON.parse(await bodyOf(request))))
      sendJson(response, 200, { done: true })
    } catch (error) {
      sendJson(response, 400, { error: (error as Error).message })
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk
    if (body.length > MOST_BODY_BYTES) throw new RangeError('the command is too long')
  }
  return body
}

function sendJson(response: ServerResponse, status: number, data: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(data))
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
}

/** In a time that does not tell where they differ. */
function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
