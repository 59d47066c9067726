import { writeFileSync } from 'node:fs'
import { HistogramLogWriter } from 'hdr-histogram-js'
import type { LoadResult } from './load.js'

/**
 * Writes histograms as the tools of HdrHistogram read them: a table of percentiles in milliseconds for a name that ends
 * in `.hgrm`, else a log (version 1.3) with the tags connect, reply and total, in microseconds.
 *
 * @throws System errors as Node shapes them.
 */
export function writeHistograms(file: string, { report, histograms }: LoadResult): void {
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
  writer.outputComment(`handshakes with ${report.targets.join(', ')}, in microseconds`)
  writer.outputStartTime(ended - report.durationMs)
  writer.outputLegend()
  for (const histogram of Object.values(histograms)) {
    histogram.startTimeStampMsec = ended - report.durationMs
    histogram.endTimeStampMsec = ended
    writer.outputIntervalHistogram(histogram)
  }
  writeFileSync(file, text)
}
