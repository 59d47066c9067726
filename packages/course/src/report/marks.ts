/** How a verdict is shown: a sign, and a word for those who see no colours. */
export const MARKS = {
  passed: ['✓', 'passed'],
  failed: ['✗', 'failed'],
  blocked: ['–', 'blocked by another failure'],
  'not-run': ['?', 'not run'],
  'not-observable': ['', 'cannot be seen'],
  'not-applicable': ['', 'does not apply'],
} as const
