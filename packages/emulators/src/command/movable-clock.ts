/** The time of all services of one command: the machine's, and ahead of it by what was asked for. */
export interface MovableClock {
  readonly now: () => Date
  /** Moves on; there is no way back, as services have none. */
  readonly advance: (seconds: number) => void
}

/** Starts at the machine's time. */
export function movableClock(): MovableClock {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    advance: (seconds) => {
      aheadMs += seconds * 1_000
    },
  }
}
