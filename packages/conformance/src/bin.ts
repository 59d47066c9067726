import { checkServer, checkClient } from './index.js'
const [kind, ...words] = process.argv.slice(2)
const r = await (kind === 'server' ? checkServer : checkClient)({ command: words }, { ...(process.env.ONLY && {only: process.env.ONLY.split(',')}), onResult: (x) => console.log(x.id, x.verdict, x.level, x.durationMs, x.note ?? '', x.fault ? `${x.fault.summary}\n  ${x.fault.cause}\n${x.fault.comparison?.join('\n')}\n${process.env.D ? x.fault.diagram : ''}` : '') })
console.log(r.score, r.profile, r.durationMs, r.notStarted)
