import type { Course } from '../course/course.js'

/** How long a job may take, beyond what the course allows its submissions. */
const SETUP_MINUTES = 5

/** Actions by commit, so that nobody else decides what runs. */
const CHECKOUT = 'actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2'
const REPORTER = 'classroom-resources/autograding-grading-reporter@v1'

/** The workflow that GitHub Classroom runs on each push. */
export function classroomWorkflow({ limits, parts }: Course, version: string): string {
  const minutes = SETUP_MINUTES + Math.ceil((parts.length * (limits.runMs + 2 * limits.buildMs)) / 60_000)
  return `name: Autograding Tests
on: [push, workflow_dispatch]
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  run-autograding-tests:
    runs-on: ubuntu-latest
    timeout-minutes: ${minutes}
    if: github.actor != 'github-classroom[bot]'
    steps:
      - uses: ${CHECKOUT}
      - name: Install the sandbox
        run: |
          sudo apt-get update -qq
          sudo apt-get install -qq -y bubblewrap
          # Ubuntu lets no program make user namespaces unless it is told to.
          sudo sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=0
      - name: Grade
        id: hs
        run: npx --yes @hs/course@${version} autograde course.toml . --platform classroom --results "$GITHUB_OUTPUT"
      - name: Report
        uses: ${REPORTER}
        env:
          HS_RESULTS: \${{ steps.hs.outputs.result }}
        with:
          runners: hs
`
}
