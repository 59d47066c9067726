import type { ClientKind } from '../scene/events.js'

/** Each kind of client has a shape, so that colour alone says nothing. The corners, around 0; none: a circle. */
const SHAPES: Readonly<Record<ClientKind | 'visitor', readonly (readonly [number, number])[]>> = {
  normal: [],
  visitor: [],
  slow: polygon(6, 0, 1.08),
  stalled: polygon(4, 45, 1.2),
  reset: polygon(3, 90, 1.3),
  wrong: polygon(4, 0, 1.2),
}

export function cornersOf(kind: ClientKind | 'visitor'): readonly (readonly [number, number])[] {
  return SHAPES[kind] ?? []
}

function polygon(corners: number, turn: number, size: number): [number, number][] {
  return Array.from({ length: corners }, (_, corner) => {
    const angle = ((turn + (360 * corner) / corners) * Math.PI) / 180
    return [size * Math.cos(angle), size * Math.sin(angle)]
  })
}
