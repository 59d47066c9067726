import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answer, type Command, type Option, parse, UsageError, writeAll } from '@hs/command-line'
import { LANGUAGES, type Language } from '../grade/hint.js'
import { PROGRAM, STATUS } from '../status.js'

declare const __VERSION__: string

/** Beside the program, where the build puts them. */
const STARTERS = fileURLToPath(new URL('starters/', import.meta.url))

type PartName = '3a' | '3b' | '3c'

const PARTS = {
  '3a': {
    what: 'a client, and a server that serves one client after the other',
    exercise: 'Sockets, arguments and the accept loop are there; the handshake is yours.',
    cases: 'the handshake itself (`make check` lists each: from S1.1 on, and from C1.1 on).',
    yours: '',
    expect: 'sequential',
  },
  '3b': {
    what: 'a server with threads',
    exercise:
      'The handshake is there, and serves one client after the other; serving them at once, each in a thread, is yours.',
    cases: 'S6.1 (one silent client keeps the others waiting), and what it blocks: S6.2 and S2.8.',
    yours: 'While one client is silent, all others wait. Serve each client in a thread of its own.',
    expect: 'threads',
  },
  '3c': {
    what: 'an event-driven server',
    exercise:
      'The handshake is there, and serves one client after the other; serving all of them on one thread is yours.',
    cases: 'S6.1 (one silent client keeps the others waiting), and what it blocks: S6.2 and S2.8.',
    yours:
      'While one client is silent, all others wait. Serve all of them on this thread: wait for whichever is ready.',
    expect: 'events',
  },
} as const

interface LanguageFacts {
  readonly server: string
  readonly client: string
  readonly run: (program: 'server' | 'client') => string
  readonly matcher: string
  /** Where threads of the language are seen as something else by the system. */
  readonly threads?: string
}

const program = (name: 'server' | 'client') => `./tcp${name}`

const FACTS: Readonly<Record<Language, LanguageFacts>> = {
  c: { server: 'tcpserver.c', client: 'tcpclient.c', run: program, matcher: '$gcc' },
  python: {
    server: 'tcpserver.py',
    client: 'tcpclient.py',
    run: (name) => `python3 tcp${name}.py`,
    matcher: '$python',
  },
  java: {
    server: 'TcpServer.java',
    client: 'TcpClient.java',
    run: (name) => `java ${name === 'server' ? 'TcpServer' : 'TcpClient'}`,
    matcher: '$javac',
  },
  // Goroutines that wait for the network are all on one epoll.
  go: { server: 'tcpserver.go', client: 'tcpclient.go', run: program, matcher: '$go', threads: 'concurrent' },
  rust: { server: 'tcpserver.rs', client: 'tcpclient.rs', run: program, matcher: '$rustc' },
  // A socket can be handed to another process, and to a thread only in the newest versions of Node.
  typescript: {
    server: 'tcpserver.ts',
    client: 'tcpclient.ts',
    run: (name) => `node tcp${name}.js`,
    matcher: '$tsc',
    threads: 'concurrent',
  },
}

const command = {
  name: `${PROGRAM} init`,
  version: __VERSION__,
  summary:
    'Writes a starter: two programs that compile, a Makefile, a task file for editors, and a README of one screen.',
  positionals: {
    part: {
      describe: '3a, 3b or 3c',
      parse(text: string): PartName {
        if (Object.hasOwn(PARTS, text.toLowerCase())) return text.toLowerCase() as PartName
        throw new UsageError(`must be 3a, 3b or 3c, got "${text}"`)
      },
    },
  },
  options: {
    language: {
      describe: 'The language of the programs',
      default: 'c',
      alias: 'l',
      choices: LANGUAGES,
    } as Option<Language>,
    folder: {
      describe: 'Where to write it; default: hs- and the part',
      default: undefined,
      parse: (text: string) => text,
      placeholder: 'folder',
    } as Option<string | undefined>,
  },
  examples: [[`${PROGRAM} init 3a --language python`, 'a starter in ./hs-3a']],
  epilogue: 'Exit status: 0 written, 1 a file could not be written, 2 wrong usage, or something is there already.',
} as const satisfies Command

export async function initMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(command, argv)
  if ('text' in parsed) return answer(command.name, parsed)
  const { part, language, folder = `hs-${part}` } = parsed.values
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(`${folder} is there already, and not empty`)
  for (const [name, text] of starter(part, language)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  writeAll(
    1,
    `${folder}: part ${part.toUpperCase()} in ${language}. Read README.md there, then:\n  cd ${folder} && make && make next\n`,
  )
  return STATUS.fine
}

/** The files of a starter. */
function starter(part: PartName, language: Language): Map<string, string> {
  const facts = FACTS[language]
  const about = PARTS[part]
  const words: Readonly<Record<string, string>> = {
    ...about,
    part: part.toUpperCase(),
    expect: about.expect === 'threads' ? (facts.threads ?? 'threads') : about.expect,
    files: part === '3a' ? `\`${facts.server}\` and \`${facts.client}\`` : `\`${facts.server}\``,
    serverFile: facts.server,
    clientFile: facts.client,
    serverCommand: `${facts.run('server')} {port}`,
    clientCommand: `${facts.run('client')} {host} {port} {sequence}`,
    server: `${facts.run('server')} 9000`,
    client: `${facts.run('client')} 127.0.0.1 9000 5`,
    matcher: facts.matcher,
  }
  const files = new Map<string, string>()
  for (const folder of ['common', language, join(language, part === '3a' ? '3a' : 'given')]) {
    for (const name of readdirSync(join(STARTERS, folder), { recursive: true, encoding: 'utf8' })) {
      const path = join(STARTERS, folder, name)
      if (!statSync(path).isFile() || /^(3a|given)\//.test(name)) continue
      files.set(
        name,
        readFileSync(path, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, word) => words[word]!),
      )
    }
  }
  // The same for every language, after what it builds.
  files.set('Makefile', `${files.get('Makefile')}${files.get('targets.mk')}`)
  files.delete('targets.mk')
  return files
}
