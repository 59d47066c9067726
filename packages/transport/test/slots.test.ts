import { describe, expect, it } from 'vitest'
import { Slots } from '../src/slots.js'

describe('slots', () => {
  it('are taken over, so that they are no more than were ever open at a time', () => {
    const slots = new Slots<string>()
    const [first, second] = [slots.take(), slots.take()]
    slots.put(first, 'a')
    slots.put(second, 'b')
    slots.free(first)
    expect(slots.at(first)).toBeUndefined()
    expect(slots.take()).toBe(first)
    expect([...slots]).toEqual(['b'])
  })

  it('count what was taken, and not yet put', () => {
    const slots = new Slots<string>()
    expect(slots.isEmpty).toBe(true)
    const slot = slots.take()
    expect(slots.isEmpty).toBe(false)
    slots.free(slot)
    expect(slots.isEmpty).toBe(true)
  })
})
