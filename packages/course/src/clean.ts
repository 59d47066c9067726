/**
 * No control character of a program, or of a name, reaches a terminal or a page; nor one that changes the direction of
 * text.
 */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return text.replace(/\x1b\[[\d;]*[A-Za-z]/g, '').replace(HIDDEN, '·')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g
