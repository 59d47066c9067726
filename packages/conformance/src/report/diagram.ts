/** One thing that happened, in the order in which the checker saw it. */
export interface Step {
  /** Milliseconds since the case began. */
  readonly atMs: number
  /** The side that did it. `note`: neither; something that was waited for, or that the program printed. */
  readonly by: 'checker' | 'program' | 'note'
  /** Which of several connections; undefined where there is one. */
  readonly connection?: string
  readonly text: string
}

const WIDTH = 46

/** A picture of the steps: the checker on the left, the program on the right, time going down. `width` lies between them. */
export function diagram(steps: readonly Step[], program: 'server' | 'client', width = WIDTH): string {
  const left = width < WIDTH ? 'checker' : `checker (${program === 'server' ? 'client' : 'server'})`
  const right = `your ${program}`
  const lines = [`${' '.repeat(9)}${left}${' '.repeat(Math.max(1, width + 2 - left.length - right.length))}${right}`]
  lines.push(`${' '.repeat(9)}|${' '.repeat(width)}|`)
  const shown = steps.length > 16 ? [...steps.slice(0, 11), undefined, ...steps.slice(-4)] : steps
  for (const step of shown) {
    if (step === undefined) {
      lines.push(`${' '.repeat(9)}|${center(`... ${steps.length - 15} more ...`, ' ', width)}|`)
      continue
    }
    const time = `${step.atMs.toFixed(0)} ms`.padStart(8)
    const label = step.connection ? `${step.connection}: ${step.text}` : step.text
    if (step.by === 'note') {
      lines.push(`${time} |${center(label, ' ', width)}|`)
      continue
    }
    const shaft = center(label, '-', width)
    lines.push(`${time} |${step.by === 'checker' ? `${shaft.slice(0, -1)}>` : `<${shaft.slice(1)}`}|`)
  }
  return lines.join('\n')
}

function center(label: string, fill: string, width: number): string {
  const cut = label.length > width - 6 ? `${label.slice(0, width - 9)}...` : label
  const text = ` ${cut} `
  const before = Math.floor((width - text.length) / 2)
  return fill.repeat(before) + text + fill.repeat(width - text.length - before)
}
