/**
 * What @hs/supervise tells of processes, as recordings have it: a recording is read by later versions, so its shape is
 * stated here, and the compiler compares.
 */

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What a program holds, with its children. */
export interface Holdings {
  readonly descriptors: number
  readonly processes: number
  /** Exited children that have not been waited for. */
  readonly zombies: number
  readonly tasks: number
  readonly addressSpaceBytes: number
}

/** What the machine was doing meanwhile. */
export interface MachineLoad {
  /** The longest time for which the checker could not run when it wanted to. */
  readonly lateMs: number
  /** How long the checker waited for a processor in all; 0 if the system does not tell. */
  readonly waitedMs: number
  /** Runnable processes, as the average of the last minute. */
  readonly load: number
}
