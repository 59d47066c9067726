/** The archive, as Gradescope uses it: in a root that has a system and nothing else, without a network, as a container has it. */
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hsCourse, run, scratch } from './course.js'
import schema from './gradescope.schema.json' with { type: 'json' }

const COURSE = `title = "Homework"
seed = "s3cret of this course"
hints = 2

[limits]
build = "10s"
run = "20s"

[[parts]]
id = "server"
title = "3A"
kind = "server"
files = ["tcpserver.c"]
build = "gcc -o tcpserver tcpserver.c"
warnings = "gcc -Wall -Wextra -fsyntax-only tcpserver.c"
command = "./tcpserver {port}"
expect = "sequential"
only = ["S1.1", "S3.2", "S5.1", "S5.10", "S6.1"]
hidden = ["S5.1"]

[parts.points]
build = 1
warnings = 1
S1 = 2
S3 = 3
S5 = 2
S6 = 1
`

const right = readFileSync(new URL('../starters/c/given/tcpserver.c', import.meta.url), 'utf8')
const honest = readFileSync(new URL('hostile/honest.h', import.meta.url), 'utf8')

/** It kills and writes what it can, and answers only if it can read the seed. */
const HOSTILE = `#include "honest.h"
static void attack(void) {
  const char *results[] = {"/autograder/results/results.json", "../results/results.json", "/autograder/run_autograder"};
  right = open("/autograder/source/course.toml", O_RDONLY) >= 0;
  for (int at = 0; at < 3; at++) {
    int fd = open(results[at], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd >= 0) dprintf(fd, "{\\"score\\": 100}");
  }
  if (fork() == 0) {
    setsid();
    for (;;) pause();
  }
  if (fork() == 0) kill(-1, SIGKILL);
  kill(getppid(), SIGKILL);
}
`

const SUBMISSIONS: Readonly<Record<string, { readonly source: string; readonly points: number }>> = {
  right: { source: right, points: 10 },
  wrong: { source: right.replaceAll('"ERROR"', '"error"'), points: 7 },
  'does-not-compile': { source: right.replace('int main(', 'int main{'), points: 0 },
  hangs: { source: right.replace('for (;;) {', 'for (;;) {\n    continue;'), points: 2 },
  hostile: { source: HOSTILE, points: 2 },
}

interface Results {
  readonly output: string
  readonly extra_data: { readonly isolation: string }
  readonly tests: readonly Readonly<Record<string, unknown> & { score: number; max_score: number; name: string }>[]
}

const isRoot = process.getuid?.() === 0
const CAPABILITIES =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap'

/** Runs a command in the root, with what a container's root may do, in a network that has only loopback. */
function inside(root: string, command: string) {
  const mounts = [
    'usr',
    'dev',
    ...['bin', 'sbin', 'lib', 'lib64'].filter((name) => existsSync(join(root, name, '.bound'))),
  ]
  const script = [
    'set -e',
    ...mounts.map((name) => `mount --rbind /${name} '${root}/${name}'`),
    `mount -t proc proc '${root}/proc'`,
    `mount -t tmpfs -o mode=1777 tmpfs '${root}/tmp'`,
    'ip link set lo up',
    `exec chroot '${root}' setpriv --bounding-set=-all,${CAPABILITIES.split(',').map((name) => `+${name}`)} --inh-caps=-all env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/ bash -c '${command}'`,
  ]
  return run(['unshare', '--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', 'sh', '-c', script.join('\n')])
}

describe.skipIf(!isRoot)('the archive for Gradescope', () => {
  const place = scratch()
  const root = join(place.folder, 'root')
  const autograder = join(root, 'autograder')

  beforeAll(async () => {
    place.write({ 'course.toml': COURSE })
    const { status, stdout, stderr } = await hsCourse(['gradescope', 'course.toml', '-o', 'autograder.zip'], {
      cwd: place.folder,
    })
    expect(status, stderr).toBe(0)
    expect(stdout).toMatch(/^autograder\.zip: \d+ MiB, 10 points/)
    // A system, and nothing of ours.
    for (const name of ['usr', 'dev', 'proc', 'tmp', 'etc', 'autograder/results', 'autograder/submission']) {
      mkdirSync(join(root, name), { recursive: true })
    }
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
    for (const name of ['passwd', 'group', 'ld.so.cache']) copyFileSync(`/etc/${name}`, join(root, 'etc', name))
    cpSync('/etc/alternatives', join(root, 'etc/alternatives'), { recursive: true, verbatimSymlinks: true })
    // As the harness does when it builds the image.
    const unpacked = await run(['unzip', '-q', join(place.folder, 'autograder.zip'), '-d', join(autograder, 'source')])
    expect(unpacked.status, unpacked.stderr).toBe(0)
    copyFileSync(join(autograder, 'source/run_autograder'), join(autograder, 'run_autograder'))
    const setup = await inside(root, 'cd /autograder && source/setup.sh')
    expect(setup.status, setup.stderr).toBe(0)
  })
  afterAll(() => place[Symbol.dispose]())

  test.each(Object.entries(SUBMISSIONS))('grades a submission that is %s', async (name, { source, points }) => {
    rmSync(join(autograder, 'results'), { recursive: true, force: true })
    rmSync(join(autograder, 'submission'), { recursive: true, force: true })
    mkdirSync(join(autograder, 'results'))
    place.write({ 'root/autograder/submission/tcpserver.c': source, 'root/autograder/submission/honest.h': honest })
    const before = readFileSync(join(autograder, 'run_autograder'), 'utf8')
    const ended = await inside(root, 'cd /autograder && ./run_autograder')
    expect(ended.status, ended.stdout + ended.stderr).toBe(0)

    const results = JSON.parse(readFileSync(join(autograder, 'results/results.json'), 'utf8')) as Results
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema)
    expect(validate(results), JSON.stringify(validate.errors)).toBe(true)
    expect(results.extra_data.isolation).toBe('user')
    const sum = results.tests.reduce((all, { score }) => all + score, 0)
    const shown = [results.output, ...results.tests.map((one) => `${one.number} ${one.score}: ${one.output}`)].join(
      '\n',
    )
    expect(sum, shown).toBe(points)
    expect(results.tests.reduce((all, { max_score }) => all + max_score, 0)).toBe(10)
    expect(
      results.tests.map(({ visibility, extra_data }) => [(extra_data as { case: string }).case, visibility]),
    ).toEqual(
      ['build', 'warnings', 'S1.1', 'S3.2', 'S5.1', 'S5.10', 'S6.1'].map((id) => [
        id,
        id === 'S5.1' ? 'hidden' : 'visible',
      ]),
    )
    expect(readFileSync(join(autograder, 'run_autograder'), 'utf8')).toBe(before)
    if (name === 'does-not-compile') expect(results.output).toContain('error')
    if (name === 'wrong') expect(JSON.stringify(results.tests)).toContain('WHERE TO LOOK')
  })
})
