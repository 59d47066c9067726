import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the Node of a line is, if it is there. */
export const nodeOf = (line: number): string =>
  fileURLToPath(new URL(`node_modules/node-${line}/bin/node`, import.meta.url))

/** This Node, and one of each other line that is supported. Those are programs for Linux on x64; elsewhere there is one. */
export const NODES: readonly string[] = [process.execPath, ...[20, 22, 26].map(nodeOf).filter(existsSync)]
