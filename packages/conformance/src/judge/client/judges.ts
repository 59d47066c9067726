import { wire } from './c1-wire.js'
import { printing } from './c2-printing.js'
import { wrongNumbers } from './c3-wrong-numbers.js'
import { closing } from './c4-closing.js'
import { robustness } from './c5-robustness.js'
import { usage } from './c6-usage.js'
import type { ClientJudge } from './common.js'

/** What judges a case of clients, by its id. */
export const CLIENT_JUDGES: Readonly<Record<string, ClientJudge>> = {
  ...wire,
  ...printing,
  ...wrongNumbers,
  ...closing,
  ...robustness,
  ...usage,
}
