import { Ajv2020 } from 'ajv/dist/2020.js'

/** What is wrong with data, by report.schema.json. */
export function violations(schema: object, data: unknown): string[] {
  const validate = new Ajv2020({ allErrors: true }).compile(schema)
  validate(data)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'}: ${message}`)
}
