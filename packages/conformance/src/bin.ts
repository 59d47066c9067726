import { checkServer } from './index.js'
const r = await checkServer({ command: process.argv.slice(2) }, { onResult: (x) => console.log(x.id, x.verdict, x.level, x.durationMs, x.note ?? '', x.fault ? `${x.fault.summary}\n  ${x.fault.cause}\n${x.fault.comparison?.join('\n')}\n${process.env.D ? x.fault.diagram : ''}` : '') })
console.log(r.score, r.profile, r.durationMs, r.notStarted)
