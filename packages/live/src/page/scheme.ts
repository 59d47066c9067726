/// <reference lib="dom" />

/**
 * Light or dark: as the end of the address says (`#dark`, `#light`), else as the system does. A page that embeds this one
 * and has a switch of its own uses the former.
 */
export function followScheme(onChange: () => void): void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => {
    const [, asked] = /^#(light|dark)$/.exec(location.hash) ?? []
    document.documentElement.dataset.scheme = asked ?? (system.matches ? 'dark' : 'light')
    onChange()
  }
  system.addEventListener('change', follow)
  addEventListener('hashchange', follow)
  follow()
}
