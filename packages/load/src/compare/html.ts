import { readFileSync } from 'node:fs'
import type { CompareReport } from './compare.js'

/**
 * The comparison as one page that needs nothing but itself: style, pictures' program and data are inside.
 *
 * @returns The text of an HTML file.
 */
export function compareHtml(report: CompareReport): string {
  const beside = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')
  // Neither may end the element that it is in.
  const data = JSON.stringify(report).replaceAll('<', '\\u003c')
  // A copy of the page is a copy of the libraries inside it, so their licences travel with it.
  const licences = beside('page.LICENSE.txt').replaceAll('--', '- -')
  const program = beside('page.js').replaceAll('</script', '<\\/script')
  return `<!doctype html>
<!--
${licences}-->
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Servers compared</title>
<style>
${beside('style.css')}</style>
<main id="page"><noscript>The pictures are drawn by a script in this file; allow it to run.</noscript></main>
<script type="application/json" id="data">${data}</script>
<script>${program}</script>
</html>
`
}
