import { Content, type Theme, useData, withBase } from 'vitepress'
import DefaultTheme, { VPHomeHero } from 'vitepress/theme-without-fonts'
import { defineComponent, h, onMounted, ref, watch } from 'vue'
import './style.css'

/** It follows the switch of this site, and not only the system. */
const Demo = defineComponent(() => {
  const { isDark } = useData()
  const frame = ref<HTMLIFrameElement>()
  // Replaced, because the button "Back" of the browser is not for this. The demo continues.
  const follow = () => {
    const { contentWindow, src } = frame.value!
    contentWindow!.location.replace(`${src}#${isDark.value ? 'dark' : 'light'}`)
  }
  onMounted(follow)
  watch(isDark, follow)
  return () =>
    h('iframe', { ref: frame, src: withBase('/demo.html'), title: 'A recording: three servers and the same clients' })
})

/** A title, the demo, the README. */
function FirstPage() {
  return h('main', { class: 'first-page' }, [
    h(VPHomeHero),
    h('figure', { class: 'demo' }, [
      h(Demo),
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
