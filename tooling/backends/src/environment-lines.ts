import type { RunningState } from './running-state.ts'

/** The variables of several backends together; where two set one variable, the later backend's value counts. */
export function joinedEnvironment(states: readonly RunningState[]): Record<string, string> {
  return Object.assign({}, ...states.map(({ environment }) => environment)) as Record<string, string>
}

/** A line for each variable that two backends set to different values. */
export function collisions(states: readonly RunningState[]): readonly string[] {
  const setter = new Map<string, RunningState>()
  const lines: string[] = []
  for (const state of states) {
    for (const [name, value] of Object.entries(state.environment)) {
      const earlier = setter.get(name)
      if (earlier !== undefined && earlier.environment[name] !== value)
        lines.push(
          `${name} is set by ${earlier.name} and by ${state.name}; the value is that of ${state.name}`,
        )
      setter.set(name, state)
    }
  }
  return lines
}

/** `export NAME='value'` for each variable, for `eval` in any POSIX shell. */
export function exportLines(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`)
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
