/** Lists of numbers, by the case that asks for them. */
export const CLIENT_NUMBERS = {
  'C1.10': [0],
  'C1.11': [8, 9, 98, 99, 999],
  'C1.12': [-5, -100, -1234],
  'C1.13': [-2, -1],
  'C1.14': [32767, 65534, 123456789, 2147483645],
  'C1.15': [2147483646],
} as const
