import { clean } from '../clean.js'
import { MARKS } from './marks.js'
import style from './style.css'

export function escapeHtml(text: string): string {
  return clean(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A page that needs nothing else: no script, no font, no picture. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`
}

export function mark(verdict: keyof typeof MARKS, title: string): string {
  const [sign, word] = MARKS[verdict]
  return `<i class="mark ${verdict}" title="${escapeHtml(`${title}: ${word}`)}" aria-label="${word}">${sign}</i>`
}
