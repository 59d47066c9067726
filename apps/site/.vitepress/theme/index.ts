import { type Theme, withBase } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import { h } from 'vue'
import './style.css'

const demo = () =>
  h('figure', { class: 'demo' }, [
    h('iframe', { src: withBase('/demo.html'), title: 'A recording: three servers and the same clients' }),
    h('figcaption', [
      'Recorded from real sockets. ',
      h('code', 'npx @hs/live'),
      ' lets you send the clients yourself.',
    ]),
  ])

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'home-hero-after': demo }),
} satisfies Theme
