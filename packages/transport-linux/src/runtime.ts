/**
 * The runtime, if it is not Node. Bun and Deno pass for Node, but their event loop does not watch descriptors as libuv
 * does: Bun ends the process (`uv_poll_init_socket`), Deno never reports a connection.
 */
export function otherRuntime(versions: NodeJS.ProcessVersions = process.versions): string | undefined {
  for (const name of ['bun', 'deno']) {
    if (versions[name] !== undefined) return `${name[0]!.toUpperCase()}${name.slice(1)} ${versions[name]}`
  }
  return undefined
}
