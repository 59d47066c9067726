import { Supervisor } from '@hs/supervise'
import { expect, test } from 'vitest'
import { parseCourse } from '../src/course/load.js'
import { whyOf } from '../src/grade/grade.js'
import { checkPair } from '../src/grade/pair.js'

const FLOOD = `const flood = (socket) => {
  const more = () => { while (socket.write(Buffer.alloc(65536, 65))); }
  socket.on('drain', more)
  more()
}`
const COURSE = `title = "A"
[[parts]]
id = "pair"
kind = "pair"
timeout = "500ms"
server = "server {port}"
client = "client {host} {port} {sequence}"
`

test('a pair that floods the proxy costs neither memory nor a long report', async () => {
  const part = parseCourse(COURSE, 'course.toml').parts[0]!
  const supervisor = new Supervisor(undefined)
  const sources = {
    server: "require('net').createServer(() => {}).listen(+process.argv[1])",
    client: `${FLOOD}; flood(require('net').connect(+process.argv[2]))`,
  }
  const before = process.memoryUsage().rss
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 50)
  try {
    const run = ([name, ...words]: readonly string[]) =>
      supervisor.launch({ command: [process.execPath, '-e', sources[name as 'server'], ...words] })
    const lesson = await checkPair('P1', part, run, 105)
    expect(lesson!.summary).toContain('Expected on the wire')
    expect(lesson!.diagram!.length).toBeLessThan(3000)
    expect((most - before) / 2 ** 20).toBeLessThan(150)
  } finally {
    clearInterval(timer)
    await supervisor.close()
  }
})

test.each([
  [
    'make: gcc: No such file or directory\nmake: *** [Makefile:7: x] Error 127\n',
    'gcc -Werror x.c\n',
    'make: gcc: No such',
  ],
  ['a.c:1:2: warning: odd\na.c:3:4: error: wrong\nmake: *** [x] Error 1\n', '', 'a.c:3:4: error: wrong'],
  ['  File "a.py", line 3\nSyntaxError: never closed\n', 'python3 -W error -m py_compile a.py\n', 'SyntaxError'],
  ['make: *** [Makefile:4: x.js] Error 2\n', 'npx tsc\nx.ts(1,1): error TS1: wrong\n', 'x.ts(1,1): error'],
  ['# command-line-arguments\n./a.go:3:1: undefined: x\n', '', './a.go:3:1: undefined'],
])('of what a build says, the cause is shown: %j', (stderr, stdout, why) => {
  expect(whyOf({ failed: true, excess: undefined, stdout, stderr }).slice(0, why.length)).toBe(why)
})
