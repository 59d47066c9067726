import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Recording } from '../scene/events.js'

export interface PageText {
  readonly html: string
  /** Everything that the page may do: run its own script, use its own style, and talk to its server. */
  readonly policy: string
}

/**
 * The page as one file that needs nothing but itself: script, style, and a recording if there is one.
 *
 * @param recording - To be played; undefined: the page asks its server what happens.
 */
export function pageHtml(recording?: Recording): PageText {
  const beside = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')
  const style = beside('style.css')
  const script = beside('app.js').replaceAll('</script', '<\\/script')
  const inside = `script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; img-src data:; base-uri 'none'; form-action 'none'`
  const policy = `default-src 'none'; ${inside}; connect-src ${recording ? "'none'" : "'self'"}`
  // What a peer sent is in the recording: it must not end the element that it is in.
  const data = recording ? JSON.stringify(recording).replaceAll('<', '\\u003c') : ''
  // A copy of the page is a copy of what is inside it.
  const licences = beside('app.LICENSE.txt').replaceAll('--', '- -')
  const html = `<!doctype html>
<!--
${licences}-->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>hs live</title>
<style>${style}</style>
</head>
<body>
<main id="app"><noscript>The picture is drawn by a script in this file; allow it to run.</noscript></main>
<script type="application/json" id="recording">${data}</script>
<script>${script}</script>
</body>
</html>
`
  return { html, policy }
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
