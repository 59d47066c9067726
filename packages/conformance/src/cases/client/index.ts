import type { Case } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { closing } from './closing.js'
import { printing } from './printing.js'
import { robustness } from './robustness.js'
import { usage } from './usage.js'
import { wire } from './wire.js'
import { wrongNumbers } from './wrong-numbers.js'

/** All cases for clients, in the order in which they run. Each is a program of its own. */
export const clientCases: readonly Case<ClientLab>[] = [
  ...wire,
  ...printing,
  ...closing,
  ...wrongNumbers,
  ...robustness,
  ...usage,
]
