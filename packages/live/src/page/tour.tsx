/** @jsxImportSource preact */
/// <reference lib="dom" />
import { useEffect, useRef } from 'preact/hooks'
import { TOUR } from '../scene/tour.js'

interface Props {
  readonly step: number
  /** Undefined: the tour is over. */
  readonly onStep: (step: number | undefined) => void
}

/** One step of the tour: what there is to see, in two sentences. */
export function Tour({ step, onStep }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  // Whoever does not see the page hears what is new.
  useEffect(() => heading.current?.focus(), [step])
  const { title, text } = TOUR[step]!
  return (
    <section class="tour" aria-label="Guided tour">
      <div>
        <h2 tabIndex={-1} ref={heading}>
          <span class="faint">
            {step + 1} of {TOUR.length}
          </span>{' '}
          {title}
        </h2>
        <p>{text}</p>
      </div>
      <div class="row">
        <button type="button" disabled={step === 0} onClick={() => onStep(step - 1)}>
          Back
        </button>
        {step < TOUR.length - 1 && (
          <button type="button" class="primary" onClick={() => onStep(step + 1)}>
            Next: {TOUR[step + 1]!.title}
          </button>
        )}
        <button type="button" onClick={() => onStep(undefined)}>
          End the tour
        </button>
      </div>
    </section>
  )
}
