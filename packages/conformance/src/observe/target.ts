/** What is checked: a command, which may hold `{port}`, or the address of a server that runs already. */
export interface ServerTarget {
  readonly command?: readonly string[]
  readonly address?: { readonly host: string; readonly port: number }
  readonly cwd?: string | undefined
}
