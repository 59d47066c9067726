const PLACEHOLDER = /\{(?:port|host|sequence)\}/g

/** The command without its arguments: what stands for them is left out. */
export const withoutArguments = (command: readonly string[]): string[] =>
  command.filter((word) => !/^\{(?:port|host|sequence)\}$/.test(word)).map((word) => word.replaceAll(PLACEHOLDER, ''))
