import { Content, type Theme, withBase } from 'vitepress'
import DefaultTheme, { VPHomeHero } from 'vitepress/theme-without-fonts'
import { h } from 'vue'
import './style.css'

/** A title, the demo, the README. */
function FirstPage() {
  return h('main', { class: 'first-page' }, [
    h(VPHomeHero),
    h('figure', { class: 'demo' }, [
      h('iframe', { src: withBase('/demo.html'), title: 'A recording: three servers and the same clients' }),
      h('figcaption', [
        'Recorded on real sockets. With ',
        h('code', 'npx @hs/live'),
        ' you send the clients yourself.',
      ]),
    ]),
    h('div', { class: 'vp-doc' }, h(Content)),
  ])
}

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => void app.component('FirstPage', FirstPage),
} satisfies Theme
