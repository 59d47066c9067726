import { createHash } from 'node:crypto'
import { relative } from 'node:path'
import { type DefaultTheme, defineConfig, type MarkdownOptions } from 'vitepress'
import * as site from '../pages.js'

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0]

/** Whom the project is for, and the page where they begin. */
const READERS = {
  students: 'docs/students.md',
  teachers: 'docs/teaching.md',
  'Node developers': 'packages/client/README.md',
  operators: 'docs/operating.md',
}
const starts = Object.entries(READERS).map(([text, file]) => ({ text, link: site.addressOf(file) }))

/** The first page is the README under a title; what these say is in no other place. */
const HOME = {
  layout: 'first-page',
  sidebar: false,
  hero: {
    name: 'hs',
    // Not broken at its hyphen.
    text: 'The HELLO three\u2011way handshake',
    tagline: site.summary(),
    actions: starts.map(({ text, link }, at) => ({ theme: at === 0 ? 'brand' : 'alt', text: `For ${text}`, link })),
  },
}

function part(text: string, files: readonly string[]): DefaultTheme.SidebarItem {
  return { text, items: files.map((file) => ({ text: site.titleOf(file), link: site.addressOf(file) })) }
}

export default defineConfig({
  title: 'hs',
  description: site.summary(),
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  base: site.BASE,
  srcDir: '../..',
  srcExclude: site.OTHERS,
  rewrites: site.placeOf,
  outDir: 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  cleanUrls: true,
  // An element for it would break the policy of the page.
  appearance: { disableTransition: false },
  vite: {
    publicDir: `${site.ROOT}/apps/site/public`,
    // Pages are compiled where they are, and no folder above them has it.
    plugins: [{ name: 'vue', enforce: 'pre', resolveId: (id, _importer, { ssr }) => externalVue(id, ssr) }],
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: site.slugOf },
    languageAlias: { haproxy: 'nginx' },
    toc: { slugify: site.slugOf },
    config: (markdown) => void markdown.core.ruler.push('repository', rewrite),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: {
      '/api/': [part('API reference', site.API)],
      '/decisions/': [part('Decisions', site.DECISIONS)],
      '/': Object.entries(site.SECTIONS).map(([text, files]) => part(text, files)),
    },
    nav: [
      ...starts.map(({ text, link }) => ({ text: text[0]!.toUpperCase() + text.slice(1), link })),
      { text: 'Reference', link: '/reference' },
      { text: 'API', link: '/api/' },
    ],
    socialLinks: [{ icon: 'github', link: site.REPOSITORY }],
    editLink: { pattern: `${site.REPOSITORY}/edit/main/:path` },
  },
  transformPageData(page) {
    if (page.filePath === 'README.md') Object.assign(page.frontmatter, HOME)
    if (page.relativePath.startsWith('api/')) page.frontmatter.editLink = false
  },
  transformHtml: (html) => html.replace('<meta charset="utf-8">', `$&\n    ${policyFor(html)}`),
})

/** Makes what is written for the repository right for the site. */
function rewrite({ tokens, env }: Parameters<Parameters<Markdown['core']['ruler']['push']>[1]>[0]): void {
  const file = relative(site.ROOT, env.realPath ?? env.path).replaceAll('\\', '/')
  // What the top of the first page already says: a heading and a paragraph.
  if (file === 'README.md') tokens.splice(0, 6)
  // A cell above a column without a name is not a heading.
  for (const [at, token] of tokens.entries()) {
    if (token.type === 'th_open' && tokens[at + 1]!.content === '') token.tag = tokens[at + 2]!.tag = 'td'
  }
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const href = token.attrGet('href')
    if (href) token.attrSet('href', site.linkFrom(file, href))
    if (token.type === 'image') token.attrSet('src', site.pictureFrom(file, token.attrGet('src')!))
  }
}

/** Scripts are files of the site, or inside the page and known by their hash. Highlighted code has styles in attributes. */
function policyFor(html: string): string {
  const inside = [...html.matchAll(/<script(?![^>]* src=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => {
    return `'sha256-${createHash('sha256').update(script!).digest('base64')}'`
  })
  const scripts = `script-src 'self' ${inside.join(' ')}`
  const rest = "style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; frame-src 'self'"
  const policy = `default-src 'none'; ${scripts}; ${rest}; connect-src 'self'; base-uri 'none'; form-action 'none'`
  return `<meta http-equiv="Content-Security-Policy" content="${policy}">`
}

function externalVue(id: string, ssr: boolean | undefined) {
  return ssr && /^vue(\/|$)/.test(id) ? { id, external: true } : undefined
}
