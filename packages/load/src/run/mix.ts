/**
 * What a client of the load does. `normal`: a whole handshake. `slow`: the same, with a pause before each of its
 * messages. `silent`: connects, says nothing, and goes. `reset`: sends X, and breaks the connection instead of reading Y.
 */
export const clientKinds = Object.freeze(['normal', 'slow', 'silent', 'reset'] as const)

export type ClientKind = (typeof clientKinds)[number]

/** How many of each kind there are among all clients: shares of their sum. What is absent is 0. */
export type Mix = Readonly<Partial<Record<ClientKind, number>>>

/** @returns A function that chooses a kind by a number from 0 up to 1. */
export function chooser(mix: Mix): (chance: number) => ClientKind {
  const sum = clientKinds.reduce((total, kind) => total + (mix[kind] ?? 0), 0)
  const kinds = clientKinds.filter((kind) => (mix[kind] ?? 0) > 0)
  if (kinds.length === 1) return () => kinds[0]!
  return (chance) => {
    let rest = chance * sum
    for (const kind of kinds) {
      rest -= mix[kind]!
      if (rest < 0) return kind
    }
    return kinds.at(-1)!
  }
}
