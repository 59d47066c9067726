/** For the packages of this repository alone: it changes without notice. */
export { AcceptQueue } from './accept-queue.js'
export { AlarmClock, PolledClock } from './clocks.js'
export { connectBy, errorOf } from './connecting.js'
export { DescriptorReserve, descriptorLimit, wrongDescriptor } from './descriptors.js'
export { Slots } from './slots.js'
