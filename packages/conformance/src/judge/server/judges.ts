import type { ServerJudge } from './common.js'
import { wire } from './s1-wire.js'
import { printing } from './s2-printing.js'
import { wrongThird } from './s3-wrong-third.js'
import { closing } from './s4-closing.js'
import { seriesOfClients } from './s5-series.js'
import { survival } from './s5-survive.js'
import { concurrency } from './s6-concurrency.js'
import { robustness } from './s7-robustness.js'
import { usage } from './s8-usage.js'

/** What judges a case of servers, by its id. */
export const SERVER_JUDGES: Readonly<Record<string, ServerJudge>> = {
  ...wire,
  ...printing,
  ...wrongThird,
  ...closing,
  ...seriesOfClients,
  ...survival,
  ...concurrency,
  ...robustness,
  ...usage,
}
