import { createHash } from 'node:crypto'
import { relative } from 'node:path'
import { type DefaultTheme, defineConfig, type MarkdownOptions } from 'vitepress'
import * as site from '../pages.js'

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0]

const [students, teachers, , operators] = site.SECTIONS.Guides!.map(site.addressOf)

/** The first page is the README under a title; what these say is in no other place. */
const HOME = {
  layout: 'home',
  hero: {
    name: 'hs',
    text: 'The HELLO three-way handshake',
    tagline: site.summary(),
    actions: [
      { theme: 'brand', text: 'For students', link: students },
      { theme: 'alt', text: 'For teachers', link: teachers },
      { theme: 'alt', text: 'For Node developers', link: '/packages/client/' },
      { theme: 'alt', text: 'For operators', link: operators },
    ],
  },
}

const sidebar = Object.entries(site.SECTIONS).map(([text, files]): DefaultTheme.SidebarItem => {
  const items = files.map((file) => ({ text: site.titleOf(file), link: site.addressOf(file) }))
  return { text, items, collapsed: text === 'API' || text === 'Decisions' || text === 'Project' }
})

export default defineConfig({
  title: 'hs',
  description: site.summary(),
  lang: 'en',
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
    anchor: { slugify: site.slugOf },
    languageAlias: { haproxy: 'nginx' },
    toc: { slugify: site.slugOf },
    config: (markdown) => void markdown.core.ruler.push('repository', rewrite),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar,
    nav: [
      { text: 'Students', link: students! },
      { text: 'Teachers', link: teachers! },
      { text: 'Operators', link: operators! },
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
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const href = token.attrGet('href')
    if (href) token.attrSet('href', site.linkFrom(file, href))
    if (token.type === 'image') token.attrSet('src', site.pictureFrom(file, token.attrGet('src')!))
  }
}

/** Scripts are files of the site, or inside the page and known by their hash. Highlighted code has styles in attributes. */
function policyFor(html: string): string {
  const inside = [...html.matchAll(/<script(?![^>]* src=)[^>]*>([^]*?)<\/script>/g)].map(([, script]) => {
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
