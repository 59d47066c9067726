/**
 * Starts a program, whose code Node keeps compiled from its first run on: a twelfth of what a one-liner takes. The build
 * puts in which program; Node 20 cannot keep anything.
 */
import module from 'node:module'
import { join } from 'node:path'

/** The file with the program, beside this one. */
declare const __PROGRAM__: string

const { HOME = '', XDG_CACHE_HOME = HOME && join(HOME, '.cache') } = process.env
// In the user's own folder, and not where Node would by itself, in one that others can write to: it is executed.
if (XDG_CACHE_HOME !== '') module.enableCompileCache?.(join(XDG_CACHE_HOME, 'hs'))
require(__PROGRAM__)
