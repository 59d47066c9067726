interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: false
  readonly items?: Schema
}

/** As much of JSON Schema as report.schema.json uses. */
export function violations(root: Schema, data: unknown): string[] {
  const found: string[] = []
  const look = (schema: Schema, value: unknown, path: string): void => {
    if (schema.$ref) {
      look(root.$defs![schema.$ref.split('/').at(-1)!]!, value, path)
      return
    }
    const at = path || '/'
    if (schema.const !== undefined && value !== schema.const) found.push(`${at}: is not ${schema.const}`)
    if (schema.enum && !schema.enum.includes(value)) found.push(`${at}: is not one of its values`)
    if (schema.type && !hasType(schema.type, value)) found.push(`${at}: is no ${schema.type}`)
    if (schema.pattern && !new RegExp(schema.pattern).test(String(value))) found.push(`${at}: does not look right`)
    if (schema.type === 'array' && Array.isArray(value)) {
      for (const [index, item] of value.entries()) look(schema.items!, item, `${path}/${index}`)
    }
    if (schema.type !== 'object' || typeof value !== 'object' || value === null) return
    for (const name of schema.required ?? []) if (!(name in value)) found.push(`${at}: ${name} is missing`)
    for (const [name, inner] of Object.entries(value)) {
      const known = schema.properties?.[name]
      if (known) look(known, inner, `${path}/${name}`)
      else if (schema.additionalProperties === false) found.push(`${at}: ${name} is unknown`)
    }
  }
  look(root, data, '')
  return found
}

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}
