import type { Case } from '../../case.js'
import type { ServerLab } from '../../server-lab.js'
import { alive } from './alive.js'
import { closing } from './closing.js'
import { concurrency } from './concurrency.js'
import { leaks } from './leaks.js'
import { printing } from './printing.js'
import { robustness } from './robustness.js'
import { usage } from './usage.js'
import { wire } from './wire.js'
import { wrongNumbers } from './wrong-numbers.js'

/** All cases for servers. Those without `alone` run first, in this order. */
export const serverCases: readonly Case<ServerLab>[] = [
  ...wire,
  ...printing,
  ...closing,
  ...wrongNumbers,
  ...alive,
  ...leaks,
  ...concurrency,
  ...robustness,
  ...usage,
]
