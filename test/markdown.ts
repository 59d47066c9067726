import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './programs.js'

/** A fenced block of a Markdown file. What its fence says is `language flag flag`. */
export interface Block {
  readonly file: string
  /** Of its first line. */
  readonly line: number
  readonly language: string
  readonly flags: readonly string[]
  readonly text: string
  /** The `text` block directly after it: what it prints. */
  readonly prints: Block | undefined
}

/** The files that belong to the repository: tracked, or about to be. */
export function repositoryFiles(): string[] {
  // On a build machine, the checkout often has another owner.
  const list = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', list, { cwd: ROOT })
  return listed.toString().split('\0').filter(Boolean)
}

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

export function blocksOf(file: string): Block[] {
  const blocks: Block[] = []
  const lines = readText(file).split('\n')
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(.*)$/.exec(lines[at]!)
    if (!fence) continue
    const end = lines.indexOf('```', at + 1)
    if (end === -1) throw new Error(`${file}:${at + 1}: this block is never closed`)
    const [language = '', ...flags] = fence[1]!.split(' ')
    const text = `${lines.slice(at + 1, end).join('\n')}\n`
    blocks.push({ file, line: at + 2, language, flags, text, prints: undefined })
    at = end
  }
  return blocks.map((block, at) => {
    const next = blocks[at + 1]
    const between = next && lines.slice(block.line + block.text.split('\n').length - 1, next.line - 2)
    const follows = next?.language === 'text' && between?.every((line) => line === '')
    return { ...block, prints: follows ? next : undefined }
  })
}

/**
 * A line as the documentation shows it. `...` stands for whatever is different each time, and a run of spaces for any
 * other, since a shorter number is padded with more of them.
 */
export function patternOf(shown: string): RegExp {
  const escaped = shown.trimEnd().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('\\.\\.\\.', '.*').replace(/ {2,}/g, ' +')}$`)
}
