/**
 * Colours of servers, by Okabe and Ito: told apart with every kind of colour vision. The dark ones are lighter
 * relatives. A test holds each against its background.
 */
export const COLOURS = {
  light: ['#0072b2', '#c64f00', '#00805a', '#8f4a9e', '#9a6b00', '#5b5b5b'],
  dark: ['#63b8f0', '#ff9a52', '#3fd3a3', '#dda0ea', '#e8c33f', '#b4b4b4'],
} as const

/** What a timeline shows: a client waits, or is being served. */
export const PHASES = {
  light: { waiting: '#b0500a', served: '#0072b2' },
  dark: { waiting: '#ffae70', served: '#63b8f0' },
} as const

export const SURFACES = {
  light: { page: '#ffffff', ink: '#1c2024', faint: '#5c646c', line: '#d7dce0' },
  dark: { page: '#14181c', ink: '#e8ebee', faint: '#a3adb6', line: '#363d44' },
} as const

/** The same as custom properties of CSS. */
export function properties(theme: 'light' | 'dark'): string {
  const all = {
    ...SURFACES[theme],
    ...PHASES[theme],
    ...Object.fromEntries(COLOURS[theme].map((colour, at) => [`server-${at}`, colour])),
  }
  return Object.entries(all)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ')
}
