import { writeFileSync } from 'node:fs'
import { HistogramLogReader, HistogramLogWriter } from 'hdr-histogram-js'
import { type Histograms, histogram } from '../measure/results.js'

/**
 * Writes histograms as the tools of HdrHistogram read them: a table of percentiles in milliseconds for a name that ends
 * in `.hgrm`, else a log (version 1.3) with the tags connect, reply and total, in microseconds.
 *
 * @throws System errors as Node shapes them.
 */
export function writeHistograms(
  file: string,
  histograms: Histograms,
  { targets, durationMs }: { readonly targets: readonly string[]; readonly durationMs: number },
): void {
  if (file.endsWith('.hgrm')) {
    writeFileSync(file, histograms.total.outputPercentileDistribution(5, 1000))
    return
  }
  let text = ''
  const writer = new HistogramLogWriter((part: string) => {
    text += part
  })
  const ended = Date.now()
  writer.outputLogFormatVersion()
  writer.outputComment(`handshakes with ${targets.join(', ')}, in microseconds`)
  writer.outputStartTime(ended - durationMs)
  writer.outputLegend()
  for (const histogram of Object.values(histograms)) {
    histogram.startTimeStampMsec = ended - durationMs
    histogram.endTimeStampMsec = ended
    writer.outputIntervalHistogram(histogram)
  }
  writeFileSync(file, text)
}

/** Reads what {@link writeHistograms} wrote as a log. @throws {Error} If a part is missing: why, without a full stop. */
export function readHistograms(text: string): Histograms {
  const found: Histograms = { connect: histogram('connect'), reply: histogram('reply'), total: histogram('total') }
  const seen = new Set<string>()
  try {
    const reader = new HistogramLogReader(text)
    for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) {
      if (!Object.hasOwn(found, next.tag)) continue
      found[next.tag as keyof Histograms].add(next)
      seen.add(next.tag)
    }
  } catch (error) {
    throw new Error(`cannot be read as a log of histograms (${(error as Error).message})`)
  }
  const missing = Object.keys(found).filter((tag) => !seen.has(tag))
  if (missing.length > 0) throw new Error(`has no histogram ${missing.join(', ')}: it is not a log of hs-load --hdr`)
  return found
}
