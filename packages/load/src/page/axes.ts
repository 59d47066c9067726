/** What all plots have in common. */
export function common(width: number, height: number) {
  return {
    width,
    height,
    marginBottom: 36,
    style: { background: 'none', color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
  }
}

/** For an axis: no more than it needs. */
export function shortCount(count: number): string {
  return count >= 1000 ? `${count / 1000}k` : String(count)
}

/** For an axis of times: no more than it needs. */
export function shortMs(ms: number): string {
  if (ms >= 1000) return `${ms / 1000} s`
  if (ms >= 1) return `${ms} ms`
  return `${Number((ms * 1000).toPrecision(2))} µs`
}
