export const PROGRAM = 'hs-course'

export const STATUS = { fine: 0, failed: 1, usage: 2, noSandbox: 3, interrupted: 130 } as const
